/** `console` */
import { once } from 'node:events';
import type { Command } from 'commander';
import * as z from 'zod';
import { checkAttributes } from '../attributes.ts';
import { InvalidInputError } from '../errors.ts';
import type { Output, Terminal } from './output.ts';
import { secretInput } from './secret-input.ts';
import { findRelay, type GivenOptions, outputOf, withConnection } from './with-connection.ts';

const DEFAULT_CONSOLE_PORT = 8788;
const PASSWORD_VARIABLE = 'RELAY_CONSOLE_PASSWORD';
/** A deployed relay charges for reads. */
const DEPLOYED_POLL_SECONDS = 5;
const LOCAL_POLL_SECONDS = 2;

const optionsSchema = z.object({
  consolePort: z.coerce.number().int().min(0).max(65_535).default(DEFAULT_CONSOLE_PORT),
  readOnly: z.boolean().default(false),
  host: z.string().min(1).optional(),
  name: z.array(z.string()).default([]),
  passwordFile: z.string().optional(),
});
type ConsoleCommandOptions = z.output<typeof optionsSchema>;

const examples = (program: string) => `
Examples:
  $ ${program} console
  $ ${program} console --stack SensariaRelay --read-only
  $ ${program} console --host 0.0.0.0 --name relay.office.example --password-file ./password

The console listens on 127.0.0.1, and its printed address opens it. With --host it listens on a network and asks for the
password that you set. The network sees the pages unless a proxy adds TLS.`;

export function addConsoleCommand(program: Command, terminal: Terminal): void {
  program
    .command('console')
    .description('serve the web console of the relay until Ctrl-C')
    .option('--console-port <number>', `serve the console on this port (default: ${DEFAULT_CONSOLE_PORT})`)
    .option('--read-only', 'show everything and change nothing')
    .option('--host <address>', `listen on this address of the machine; needs a password`)
    .option('--name <host...>', 'the names by which browsers reach the console, beside --host')
    .option('--password-file <path>', `read the password from this file (default: ${PASSWORD_VARIABLE})`)
    .addHelpText('after', examples(terminal.program))
    .action(async (given: GivenOptions, command: Command) => {
      const options = checkAttributes(optionsSchema, given);
      await serveUntilInterrupted(command, terminal, options);
    });
}

/** Adds `open`, which shows the console in the browser: the one that the relay serves itself, or one of its own. */
export function addOpenCommand(program: Command, terminal: Terminal): void {
  program
    .command('open')
    .description(
      'open the web console of the relay in the browser. When the relay serves none, serve it until Ctrl-C',
    )
    .option('--read-only', 'show everything and change nothing')
    .action(async (given: GivenOptions, command: Command) => {
      // A free port: another console may run already.
      const options = checkAttributes(optionsSchema, { ...given, consolePort: 0 });
      const { relay } = await findRelay(command, terminal);
      const output = outputOf(command, terminal);
      if (relay.consoleAddress !== undefined && !options.readOnly) {
        showAddress(output, relay.title, relay.consoleAddress);
        await show(terminal, relay.consoleAddress, output);
        return;
      }
      await serveUntilInterrupted(command, terminal, options, (address) => show(terminal, address, output));
    });
}

async function show(terminal: Terminal, address: string, output: Output): Promise<void> {
  if (!(await terminal.openBrowser(address)))
    output.hint('There is no browser here: open the address yourself.');
}

function showAddress(output: Output, title: string, consoleAddress: string): void {
  output.show({ address: consoleAddress }, ({ address }) => `The console of ${title}: ${address}`);
}

async function serveUntilInterrupted(
  command: Command,
  terminal: Terminal,
  options: ConsoleCommandOptions,
  onServed: (address: string) => Promise<void> = async () => {},
): Promise<void> {
  const network = await networkOf(options, terminal);
  await withConnection(command, terminal, async (connection, output) => {
    const { relays, serveConsole } = terminal;
    const served = await serveConsole({
      connection,
      port: options.consolePort,
      isReadOnly: options.readOnly,
      pollSeconds: connection.relay.dataDir === undefined ? DEPLOYED_POLL_SECONDS : LOCAL_POLL_SECONDS,
      network,
      explainFailure: relays.explainFailure,
      warn: (message) => output.warn(message),
    });
    try {
      showAddress(output, connection.relay.title, served.address);
      await onServed(served.address);
      output.hint('Ctrl-C ends it. The relay goes on.');
      const interruption = terminal.interruption();
      if (!interruption.aborted) await once(interruption, 'abort');
    } finally {
      await served.stop();
    }
  });
}

/** @throws InvalidInputError */
async function networkOf({ host, name, passwordFile }: ConsoleCommandOptions, terminal: Terminal) {
  if (host === undefined) return undefined;
  const password =
    passwordFile === undefined
      ? terminal.environment[PASSWORD_VARIABLE]
      : await secretInput(terminal)('passwordFile', passwordFile === '-' ? '-' : `@${passwordFile}`);
  if (password === undefined || password === '')
    throw new InvalidInputError([
      { attribute: 'host', problem: `needs a password: set ${PASSWORD_VARIABLE} or --password-file` },
    ]);
  return { listenOn: host, hosts: [...name, host], password };
}
