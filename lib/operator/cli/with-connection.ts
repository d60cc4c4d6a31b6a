/** Connects a command to the relay that the global options select. */
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { checkAttributes } from '../attributes.ts';
import type { Connection, FoundRelay } from '../connection.ts';
import { callOf } from './calls.ts';
import { Output, type Terminal } from './output.ts';
import { chooseRelay, portSchema, stackSchema } from './relay-choice.ts';

const DEFAULT_PORT = 8787;

const globalOptionsSchema = z.object({
  port: portSchema.optional(),
  stack: stackSchema.optional(),
  json: z.boolean().default(false),
});

/** A command's options by name, unvalidated. */
export type GivenOptions = Readonly<Record<string, unknown>>;

type GlobalOptions = z.output<typeof globalOptionsSchema>;

/** Options of every command. */
export function addGlobalOptions(program: Command): void {
  program
    .addOption(
      new Option(
        '--port <number>',
        `use the local relay on this port (default: RELAY_PORT, or ${DEFAULT_PORT})`,
      ).conflicts('stack'),
    )
    .option(
      '--stack <name>',
      'use the relay in this CloudFormation stack, with AWS credentials and region from the environment; <stack>/<id> names one of several relays in a stack (default: RELAY_STACK)',
    )
    .option('--json', 'print one JSON value instead of text');
}

/** @throws InvalidInputError */
function globalOptions(command: Command): GlobalOptions {
  return checkAttributes(globalOptionsSchema, command.optsWithGlobals());
}

/**
 * @throws InvalidInputError
 * @throws NotARelayError
 */
export async function findRelay(command: Command, terminal: Terminal): Promise<FoundRelay> {
  const { port = DEFAULT_PORT, stack } = await chooseRelay(globalOptions(command), terminal);
  return stack === undefined ? terminal.relays.findLocal(port) : terminal.relays.findStack(stack);
}

/** @throws InvalidInputError */
export function outputOf(command: Command, terminal: Terminal): Output {
  const { json } = globalOptions(command);
  return new Output({ terminal, json, call: callOf(command, terminal.program) });
}

/** Connects, runs the work, and closes the connection. */
export async function withConnection(
  command: Command,
  terminal: Terminal,
  work: (connection: Connection, output: Output, found: FoundRelay) => Promise<void>,
): Promise<void> {
  const output = outputOf(command, terminal);
  const found = await findRelay(command, terminal);
  const connection = await found.connect((message) => output.warn(message));
  try {
    await work(connection, output, found);
  } finally {
    connection.close();
  }
}
