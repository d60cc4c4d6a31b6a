/**
 * Chooses the relay of a command: by option, by environment variable, or by a config file. The first of them that names a
 * relay decides alone.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type InputIssue, InvalidInputError } from '../errors.ts';
import type { Terminal } from './output.ts';

const CONFIG_FILE = 'relay.config.json';

export interface RelayChoice {
  readonly port?: number | undefined;
  readonly stack?: string | undefined;
}

export const portSchema = z.coerce.number().int().min(1).max(65_535);
export const stackSchema = z
  .string()
  .regex(
    /^([A-Za-z][A-Za-z0-9-]{0,127}(\/[A-Za-z0-9]+)?|arn:\S+)$/,
    'must be the name of a CloudFormation stack',
  );

const fileSchema = z.strictObject({
  /** For an editor that completes the keys. */
  $schema: z.string().optional(),
  port: z.int().min(1).max(65_535).optional(),
  stack: stackSchema.optional(),
});

/**
 * @param given the options --port and --stack
 * @throws InvalidInputError that names the variable, or the file and its key
 */
export async function chooseRelay(given: RelayChoice, terminal: Terminal): Promise<RelayChoice> {
  if (namesRelay(given)) return given;
  const fromEnvironment = environmentChoice(terminal);
  if (namesRelay(fromEnvironment)) return fromEnvironment;
  for (const path of configPaths(terminal)) {
    const fromFile = await fileChoice(path);
    if (namesRelay(fromFile)) return fromFile;
  }
  return {};
}

function namesRelay({ port, stack }: RelayChoice): boolean {
  return port !== undefined || stack !== undefined;
}

/** An empty variable is like an absent one. */
function environmentChoice({ environment: { RELAY_PORT, RELAY_STACK } }: Terminal): RelayChoice {
  if (RELAY_PORT && RELAY_STACK) throw bothNamed('RELAY_STACK', 'RELAY_PORT');
  if (RELAY_PORT) return { port: parsed(portSchema, RELAY_PORT, 'RELAY_PORT') };
  return RELAY_STACK ? { stack: parsed(stackSchema, RELAY_STACK, 'RELAY_STACK') } : {};
}

/** The working folder first, then the user's own (https://specifications.freedesktop.org/basedir-spec/latest/). */
function configPaths({
  workingFolder,
  environment: { XDG_CONFIG_HOME, HOME, USERPROFILE },
}: Terminal): string[] {
  const home = HOME || USERPROFILE;
  const configHome = XDG_CONFIG_HOME || (home && join(home, '.config'));
  return [
    join(workingFolder, CONFIG_FILE),
    ...(configHome ? [join(configHome, 'sensaria-relay', CONFIG_FILE)] : []),
  ];
}

async function fileChoice(path: string): Promise<RelayChoice> {
  const text = await textOf(path);
  if (text === undefined) return {};
  const { port, stack } = parseFile(text, path);
  if (port !== undefined && stack !== undefined) throw bothNamed(`${path}: stack`, 'port');
  return { port, stack };
}

/** Undefined when there is no such file. */
async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'it failed';
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw refusal(path, `cannot be read: ${code}`);
  }
}

function parseFile(text: string, path: string): z.output<typeof fileSchema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refusal(path, 'is not JSON');
  }
  const result = fileSchema.safeParse(value);
  if (result.success) return result.data;
  throw new InvalidInputError(result.error.issues.flatMap((issue) => issuesOf(issue, path)));
}

function issuesOf(issue: z.core.$ZodIssue, path: string): InputIssue[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      attribute: `${path}: ${key}`,
      problem: 'is unknown: use port or stack',
    }));
  const [key] = issue.path;
  return [{ attribute: key === undefined ? path : `${path}: ${String(key)}`, problem: problemOf(key) }];
}

function problemOf(key: PropertyKey | undefined): string {
  switch (key) {
    case 'port':
    case 'RELAY_PORT':
      return 'must be a number from 1 to 65535';
    case 'stack':
    case 'RELAY_STACK':
      return 'must be the name of a CloudFormation stack';
    default:
      return 'must be an object with port or stack';
  }
}

function parsed<Value>(schema: z.ZodType<Value>, text: string, name: 'RELAY_PORT' | 'RELAY_STACK'): Value {
  const result = schema.safeParse(text);
  if (result.success) return result.data;
  throw refusal(name, problemOf(name));
}

function bothNamed(one: string, other: string): InvalidInputError {
  return refusal(one, `cannot be combined with ${other}`);
}

function refusal(attribute: string, problem: string): InvalidInputError {
  return new InvalidInputError([{ attribute, problem }]);
}
