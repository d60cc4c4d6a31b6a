/** The options that stand for an endpoint's attributes, and how they are read. */
import type { Command } from 'commander';
import { z } from 'zod';
import { checkAttributes } from '../attributes.ts';
import type { Connection } from '../connection.ts';
import type { GivenAttributes } from '../endpoints.ts';
import { InvalidInputError } from '../errors.ts';
import { sourceIds } from '../sources.ts';
import { addExpressionOptions } from './expression-options.ts';
import type { GivenOptions } from './on-relay.ts';

const texts = z.array(z.string());

/** What the values may be is the row's schema's to say. */
const attributesSchema = z.object({
  url: z.string().exactOptional(),
  state: z.string().exactOptional(),
  source: texts.exactOptional(),
  ordering: z.string().exactOptional(),
  timeoutSeconds: z.coerce.number().exactOptional(),
  maxAttempts: z.coerce.number().exactOptional(),
  rateLimitPerSecond: z.coerce.number().exactOptional(),
  filter: z.string().exactOptional(),
  transform: z.string().exactOptional(),
  preset: z.string().exactOptional(),
  contentType: z.string().exactOptional(),
  description: z.string().exactOptional(),
});
const addOptionsSchema = attributesSchema.extend({ id: z.string() });
const setOptionsSchema = attributesSchema.extend({ unset: texts.default([]) });

/** All but `--url`, which `add` needs and `set` does not. */
export function addAttributeOptions(command: Command): Command {
  return addExpressionOptions(command)
    .option('--state <state>', 'on, paused (it waits) or off (it is cancelled); on unless given')
    .option(
      '--source <id>',
      'a source that it hears; may be given several times; all unless given',
      severalTexts,
    )
    .option(
      '--ordering <ordering>',
      'of an order’s webhooks: latest (a newer one replaces one that waits), strict (every one, in turn) or none (every one, as it comes); latest unless given',
    )
    .option('--timeout-seconds <seconds>', 'over one whole attempt, 1 to 30; 10 unless given')
    .option('--max-attempts <number>', 'how often a delivery is tried, 1 to 100; 10 unless given')
    .option(
      '--rate-limit-per-second <number>',
      'so many requests a second at most, 0.01 to 1000; no limit unless given',
    )
    .option('--description <text>', 'a note to yourself');
}

/** For an option that may be given several times. */
export function severalTexts(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

/** @throws InvalidInputError */
export function readAddOptions(options: GivenOptions): { id: string; attributes: GivenAttributes } {
  const { id, ...typed } = checkAttributes(addOptionsSchema, options);
  return { id, attributes: toAttributes(typed) };
}

/**
 * Null for an attribute whose default is to be put back.
 *
 * @throws InvalidInputError
 */
export function readSetOptions(options: GivenOptions): GivenAttributes {
  const { unset, ...typed } = checkAttributes(setOptionsSchema, options);
  const attributes = toAttributes(typed);
  const names = unset.map(attributeOf);
  const both = names.filter((name) => name in attributes);
  if (both.length > 0) {
    throw new InvalidInputError(both.map((attribute) => ({ attribute, problem: 'is both set and unset' })));
  }
  return { ...attributes, ...Object.fromEntries(names.map((name) => [name, null])) };
}

function toAttributes({ source, ...rest }: z.output<typeof attributesSchema>): GivenAttributes {
  return { ...rest, ...(source !== undefined && { sources: source }) };
}

/** An attribute may be named as its option is, `timeout-seconds`, or as it stands in the row. */
function attributeOf(typed: string): string {
  const name = typed.replace(/^--/, '').replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  if (name === 'source') return 'sources';
  return name in attributesSchema.shape ? name : typed;
}

/**
 * An endpoint that hears a source of which there is none would hear nothing, and nobody would know.
 *
 * @throws InvalidInputError
 */
export async function checkSources(
  connection: Pick<Connection, 'configTable'>,
  { sources }: GivenAttributes,
): Promise<void> {
  const named = texts.safeParse(sources).data ?? [];
  if (named.length === 0) return;
  const known: readonly string[] = await sourceIds(connection);
  const unknown = named.filter((id) => !known.includes(id));
  if (unknown.length === 0) return;
  const choice =
    known.length === 0 ? 'names a source, of which there is none yet' : `must be ${known.join(' or ')}`;
  throw new InvalidInputError([
    { attribute: 'sources', problem: `${choice}: there is no source ${unknown.join(', ')}` },
  ]);
}
