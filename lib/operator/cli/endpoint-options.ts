/** The options that stand for an endpoint's attributes, and how they are read. */
import type { Command } from 'commander';
import { z } from 'zod';
import { checkAttributes } from '../attributes.ts';
import type { Connection } from '../connection.ts';
import type { GivenAttributes } from '../endpoints/endpoints.ts';
import { changedHeaders } from '../endpoints/header-change.ts';
import { refuseSecondSecret } from '../endpoints/signing.ts';
import { InvalidInputError } from '../errors.ts';
import { sourceIds } from '../sources/sources.ts';
import { addExpressionOptions, withExpressions } from './expression-options.ts';
import type { GivenOptions } from './on-relay.ts';
import { addOutgoingOptions, outgoingOptionsSchema, readOutgoingOptions } from './outgoing-options.ts';
import type { Terminal } from './output.ts';
import { severalTexts } from './several-texts.ts';

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
  debounceSeconds: z.coerce.number().exactOptional(),
  skipUnchanged: z.boolean().exactOptional(),
  notices: z.boolean().exactOptional(),
  filter: z.string().exactOptional(),
  transform: z.string().exactOptional(),
  preset: z.string().exactOptional(),
  contentType: z.string().exactOptional(),
  description: z.string().exactOptional(),
});
const optionsSchema = attributesSchema.extend(outgoingOptionsSchema.shape);
const addOptionsSchema = optionsSchema.extend({ id: z.string() });
const setOptionsSchema = optionsSchema.extend({ unset: texts.default([]) });

/** Of one header: `header:X-Api-Key`. */
const HEADER_NAME = /^(--)?headers?:/;

/** All but `--url`, which `add` needs and `set` does not. */
export function addAttributeOptions(command: Command): Command {
  const described = addExpressionOptions(command)
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
    .option(
      '--debounce-seconds <seconds>',
      'the newest of an order alone, once the order has been quiet for so long, 1 to 900; at once unless given',
    )
    .option('--skip-unchanged', 'not what says the same as the webhook before')
    .option('--notices', 'the relay’s own news, too: who is down or back, what failed for good, a silent Hub')
    .option('--description <text>', 'a note to yourself');
  return addOutgoingOptions(described);
}

export interface AddedEndpoint {
  readonly id: string;
  readonly attributes: GivenAttributes;
  /** A signing secret that was made just now, to be shown once. */
  readonly newSecret?: string;
}

/** @throws InvalidInputError */
export async function readAddOptions(options: GivenOptions, terminal: Terminal): Promise<AddedEndpoint> {
  const { id, ...typed } = checkAttributes(addOptionsSchema, options);
  const { attributes, headers, ...rest } = await readOutgoingOptions(typed, terminal);
  const given = Object.entries({
    ...(await withExpressions(toAttributes(typed))),
    ...attributes,
    ...changedHeaders({}, { set: headers, remove: [] }),
  });
  return { id, attributes: Object.fromEntries(given.filter(([, value]) => value !== null)), ...rest };
}

export interface ChangedEndpoint {
  /** Makes the attributes of those that the row has now; null for one whose default is to be put back. */
  readonly change: (present: GivenAttributes) => GivenAttributes;
  /** The attributes that do not depend on those that there are. */
  readonly attributes: GivenAttributes;
  readonly isNothing: boolean;
  readonly newSecret?: string;
}

/** @throws InvalidInputError */
export async function readSetOptions(
  id: string,
  options: GivenOptions,
  terminal: Terminal,
): Promise<ChangedEndpoint> {
  const { unset, ...typed } = checkAttributes(setOptionsSchema, options);
  const { attributes: outgoing, headers, ...rest } = await readOutgoingOptions(typed, terminal);
  const given = { ...(await withExpressions(toAttributes(typed))), ...outgoing };
  const [single, whole] = partition(unset, (name) => HEADER_NAME.test(name));
  const remove = single.map((name) => name.replace(HEADER_NAME, ''));
  const names = whole.flatMap(attributesOf);
  const set = [
    ...Object.keys(given),
    ...(Object.keys(headers).length + remove.length > 0 ? ['headers'] : []),
  ];
  const both = names.filter((name) => set.includes(name));
  if (both.length > 0) {
    throw new InvalidInputError(both.map((attribute) => ({ attribute, problem: 'is both set and unset' })));
  }
  const attributes = { ...given, ...Object.fromEntries(names.map((name) => [name, null])) };
  const change = (present: GivenAttributes) => {
    if (rest.newSecret !== undefined) refuseSecondSecret(id, present);
    return { ...attributes, ...changedHeaders(present, { set: headers, remove }) };
  };
  const isNothing = Object.keys(attributes).length === 0 && !set.includes('headers');
  return { change, attributes, isNothing, ...rest };
}

function toAttributes(typed: z.output<typeof attributesSchema>): GivenAttributes {
  const { source, ...rest } = attributesSchema.parse(typed);
  return { ...rest, ...(source !== undefined && { sources: source }) };
}

/** An attribute may be named as its option is, `timeout-seconds`, or as it stands in the row. */
function attributesOf(typed: string): string[] {
  const name = typed.replace(/^--/, '').replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  switch (name) {
    case 'source':
      return ['sources'];
    case 'header':
      return ['headers'];
    case 'sign':
    case 'signingSecret':
    case 'signingSecrets':
      return ['signingSecrets', 'previousSecretUntil'];
    default:
      return [name in attributesSchema.shape ? name : typed];
  }
}

function partition<Value>(values: readonly Value[], is: (value: Value) => boolean): [Value[], Value[]] {
  return [values.filter(is), values.filter((value) => !is(value))];
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
