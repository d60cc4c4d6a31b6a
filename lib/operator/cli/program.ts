/** The CLI with all its commands. */
import { Command, CommanderError } from 'commander';
import packageJson from '../../../package.json' with { type: 'json' };
import { addBackupCommand } from './backup-command.ts';
import { callOf } from './calls.ts';
import { addCompletionCommand } from './completion/completion-command.ts';
import { addConsoleCommand, addOpenCommand } from './console-command.ts';
import { addDeliveriesCommands } from './deliveries-commands.ts';
import { addDlqCommands } from './dlq-commands.ts';
import { addDoctorCommand } from './doctor-command.ts';
import { addEndpointsCommands } from './endpoints-commands.ts';
import { addEventsCommands } from './events-commands.ts';
import { addExamples } from './examples.ts';
import { failureOf, isHelp } from './failure.ts';
import { addForgetCommand } from './forget-command.ts';
import { addListenCommand } from './listen-command.ts';
import { addOrdersCommands } from './orders-commands.ts';
import { Output, type Terminal } from './output.ts';
import { addReplayCommand } from './replay-command.ts';
import { addSendCommand } from './send-command.ts';
import { addSourcesCommands } from './sources-commands.ts';
import { addStatusCommand } from './status-command.ts';
import { addTriggerCommand } from './trigger-command.ts';
import { addGlobalOptions } from './with-connection.ts';

/** The width of the help in a pipe. */
const HELP_COLUMNS = 100;

function examples(program: string): string {
  return `
Examples:
  $ ${program} sources add main
  $ ${program} endpoints add --id erp --url https://erp.example.com/hooks/order?orderid=
  $ ${program} endpoints set erp --timeout-seconds 20 --unset ordering
  $ ${program} events list --since 2h
  $ ${program} orders show Magic7-501
  $ ${program} deliveries list --endpoint erp
  $ ${program} deliveries retry --endpoint erp --state dead --dry-run
  $ ${program} replay --endpoint erp --since 2026-03-01T09:30
  $ ${program} send order.json --order 7-501

Exit codes: 0 success; 1 the relay or AWS failed or cannot be reached; 2 the input is invalid, nothing was written.
For JSON in a pipe: ${program.replace('npm run', 'npm run --silent')} … --json`;
}

/**
 * Runs one command.
 *
 * @param args without those of Node itself
 * @returns the exit code
 */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const json = wantsJson(args);
  const output = new Output({ terminal, json });
  const program = buildProgram(terminal, output);
  let running = program;
  program.hook('preAction', (_program, command) => {
    running = command;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const { exitCode, message, hint } = failureOf(error, running, terminal.relays.explainFailure);
    // Commander has already shown the help for a missing command.
    if (json || !isHelp(error)) {
      const call = callOf(running, terminal.program);
      new Output({ terminal, json, call }).fail(message, hint);
    }
    return exitCode;
  }
}

/** Read before parsing, because a parse error must be JSON, too. */
function wantsJson(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return args.slice(0, end === -1 ? undefined : end).includes('--json');
}

/** All commands, as they are parsed and as help and completion show them. */
export function buildProgram(terminal: Terminal, { colours, isJson }: Output): Command {
  const program = new Command(terminal.program)
    .description('manage a relay: its sources, endpoints, events and deliveries')
    .version(packageJson.version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text),
      writeErr: (text) => isJson || terminal.err(text),
      // `run` writes errors.
      outputError: () => {},
      getOutHelpWidth: () => terminal.columns ?? HELP_COLUMNS,
      getErrHelpWidth: () => terminal.columns ?? HELP_COLUMNS,
      getOutHasColors: () => terminal.isColoured,
      getErrHasColors: () => terminal.isColoured,
    })
    .configureHelp({
      showGlobalOptions: true,
      // Below this width, descriptions are not wrapped.
      minWidthToWrap: 20,
      styleTitle: colours.bold,
      commandDescription: (command) => sentence(command.description()),
    })
    .addHelpText('after', examples(terminal.program));
  addGlobalOptions(program);
  addStatusCommand(program, terminal);
  addConsoleCommand(program, terminal);
  addOpenCommand(program, terminal);
  addSourcesCommands(program, terminal);
  addEndpointsCommands(program, terminal);
  addEventsCommands(program, terminal);
  addOrdersCommands(program, terminal);
  addDeliveriesCommands(program, terminal);
  addReplayCommand(program, terminal);
  addDlqCommands(program, terminal);
  addDoctorCommand(program, terminal);
  addForgetCommand(program, terminal);
  addSendCommand(program, terminal);
  addBackupCommand(program, terminal);
  addTriggerCommand(program, terminal);
  addListenCommand(program, terminal);
  addCompletionCommand(program, terminal);
  addExamples(program);
  return program;
}

/** Makes a sentence of a command's description. */
function sentence(description: string): string {
  return `${description.charAt(0).toUpperCase()}${description.slice(1)}.`;
}
