/** Runs a command on the relay that the global options name. */
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { checkAttributes } from '../attributes.ts';
import type { Connection, FoundRelay } from '../connection.ts';
import { Output, type Terminal } from './output.ts';

const DEFAULT_PORT = 8787;

const globalOptionsSchema = z.object({
  port: z.coerce.number().int().min(1).max(65_535).optional(),
  stack: z
    .string()
    .regex(/^([A-Za-z][A-Za-z0-9-]{0,127}|arn:\S+)$/, 'must be the name of a CloudFormation stack')
    .optional(),
  json: z.boolean().default(false),
});

/** A command's options by name, as commander hands them over: text that is yet to be checked. */
export type GivenOptions = Readonly<Record<string, unknown>>;

type GlobalOptions = z.output<typeof globalOptionsSchema>;

/** Taken by every command, before or after its name. */
export function addGlobalOptions(program: Command): void {
  program
    .addOption(
      new Option(
        '--port <number>',
        `the relay on this machine that listens on this port (default: ${DEFAULT_PORT})`,
      ).conflicts('stack'),
    )
    .option(
      '--stack <name>',
      'the relay deployed as this stack; AWS credentials and region from the environment',
    )
    .option('--json', 'one JSON value instead of text');
}

/** @throws InvalidInputError */
function globalOptions(command: Command): GlobalOptions {
  return checkAttributes(globalOptionsSchema, command.optsWithGlobals());
}

/**
 * @throws InvalidInputError
 * @throws NotARelayError
 */
export function findRelay(command: Command, { relays }: Terminal): Promise<FoundRelay> {
  const { port = DEFAULT_PORT, stack } = globalOptions(command);
  return stack === undefined ? relays.findLocal(port) : relays.findStack(stack);
}

/** @throws InvalidInputError */
export function outputOf(command: Command, terminal: Terminal): Output {
  return new Output({ terminal, json: globalOptions(command).json });
}

/** Connects, does the work, and lets go of the connection. */
export async function onRelay(
  command: Command,
  terminal: Terminal,
  work: (connection: Connection, output: Output) => Promise<void>,
): Promise<void> {
  const output = outputOf(command, terminal);
  const found = await findRelay(command, terminal);
  const connection = await found.connect((message) => output.warn(message));
  try {
    await work(connection, output);
  } finally {
    connection.close();
  }
}
