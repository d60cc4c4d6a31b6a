/** The options for an endpoint's attributes. */
import type { Command } from 'commander';
import { z } from 'zod';
import { checkAttributes } from '../attributes.ts';
import type { GivenAttributes } from '../endpoints/endpoints.ts';
import { changedHeaders } from '../endpoints/header-change.ts';
import { checkUnsigned } from '../endpoints/signing.ts';
import { InvalidInputError } from '../errors.ts';
import { addExpressionOptions, defaultsOf, withExpressions } from './expression-options.ts';
import { repeatedIds } from './option-values.ts';
import { addOutgoingOptions, outgoingOptionsSchema, readOutgoingOptions } from './outgoing-options.ts';
import type { Terminal } from './output.ts';
import { tlsOptionsSchema } from './tls-options.ts';
import type { GivenOptions } from './with-connection.ts';

const texts = z.array(z.string());

/** The row's schema validates the values. */
const attributesSchema = z.object({
  url: z.string().exactOptional(),
  orderId: z.string().exactOptional(),
  state: z.string().exactOptional(),
  sources: texts.exactOptional(),
  ordering: z.string().exactOptional(),
  timeoutSeconds: z.coerce.number().exactOptional(),
  maxAttempts: z.coerce.number().exactOptional(),
  rateLimitPerSecond: z.coerce.number().exactOptional(),
  debounceSeconds: z.coerce.number().exactOptional(),
  skipUnchanged: z.boolean().exactOptional(),
  notices: z.boolean().exactOptional(),
  filter: z.string().exactOptional(),
  transform: z.string().exactOptional(),
  success: z.string().exactOptional(),
  preset: z.string().exactOptional(),
  contentType: z.string().exactOptional(),
  description: z.string().exactOptional(),
});
const optionsSchema = attributesSchema.extend(outgoingOptionsSchema.shape);
const addOptionsSchema = optionsSchema.extend({ id: z.string() });
const setOptionsSchema = optionsSchema.extend({ unset: texts.default([]) });

/** `--unset header:X-Api-Key` */
const HEADER_NAME = /^(--)?headers?:/;

/** All options but `--url`, which only `add` requires. */
export function addAttributeOptions(command: Command): Command {
  const described = addExpressionOptions(command)
    .option(
      '--state <state>',
      'set enabled, paused (parks deliveries) or disabled (cancels deliveries) (default: enabled)',
    )
    .option(
      '--sources <ids>',
      'subscribe to these sources only: main,shop or a repeated option (default: all)',
      repeatedIds,
    )
    .option(
      '--ordering <ordering>',
      'how the events of one order are sent: latest (a newer event supersedes a pending one), strict (every event, one after the other) or none (every event at once) (default: latest)',
    )
    .option(
      '--order-id <placement>',
      'add the order id to the URL: append (as orderid=…, like the Hub) or none; a URL with {orderid} has it there (default: append)',
    )
    .option('--timeout-seconds <seconds>', 'limit one attempt, 1 to 30 (default: 10)')
    .option('--max-attempts <number>', 'limit the attempts of a delivery, 1 to 100 (default: 10)')
    .option(
      '--rate-limit-per-second <number>',
      'limit the requests per second, 0.01 to 1000 (default: no limit)',
    )
    .option(
      '--debounce-seconds <seconds>',
      'send only the newest event of an order, after no event for this long, 1 to 900 (default: send at once)',
    )
    .option('--skip-unchanged', 'skip webhooks whose order is identical to the previous one')
    .option(
      '--notices',
      'send notices, too: endpoints that are failing or recovered, dead deliveries, a silent Hub',
    )
    .option('--description <text>', 'store a note');
  return addOutgoingOptions(described);
}

export interface AddedEndpoint {
  readonly id: string;
  readonly attributes: GivenAttributes;
  /** A generated signing secret, to show once. */
  readonly newSecret?: string;
}

/** @throws InvalidInputError */
export async function readAddOptions(options: GivenOptions, terminal: Terminal): Promise<AddedEndpoint> {
  const { id, ...typed } = checkAttributes(addOptionsSchema, options);
  const { attributes, headers, ...rest } = await readOutgoingOptions(typed, terminal);
  const typedAttributes = toAttributes(typed);
  const given = Object.entries({
    ...defaultsOf(typedAttributes.preset, typedAttributes),
    ...(await withExpressions(typedAttributes)),
    ...attributes,
    ...changedHeaders({}, { set: headers, remove: [] }),
  });
  return { id, attributes: Object.fromEntries(given.filter(([, value]) => value !== null)), ...rest };
}

export interface ChangedEndpoint {
  /** Computes the changed attributes from the row's attributes; null restores a default. */
  readonly change: (present: GivenAttributes) => GivenAttributes;
  /** The attributes that do not depend on the row. */
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
  const typedAttributes = toAttributes(typed);
  const given = { ...(await withExpressions(typedAttributes)), ...outgoing };
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
    checkUnsigned(id, present, outgoing);
    const defaults = defaultsOf(typedAttributes.preset, attributes, present);
    return { ...defaults, ...attributes, ...changedHeaders(present, { set: headers, remove }) };
  };
  const isNothing = Object.keys(attributes).length === 0 && !set.includes('headers');
  return { change, attributes, isNothing, ...rest };
}

function toAttributes(typed: z.output<typeof attributesSchema>): GivenAttributes {
  return attributesSchema.parse(typed);
}

/** Accepts the name of the option, `timeout-seconds`, and the name in the row. */
function attributesOf(typed: string): string[] {
  const name = typed.replace(/^--/, '').replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  switch (name) {
    case 'header':
      return ['headers'];
    case 'sign':
    case 'signingSecret':
      return ['signingSecret', 'previousSigningSecrets'];
    default:
      return [name in attributesSchema.shape || name in tlsOptionsSchema.shape ? name : typed];
  }
}

function partition<Value>(values: readonly Value[], is: (value: Value) => boolean): [Value[], Value[]] {
  return [values.filter(is), values.filter((value) => !is(value))];
}
