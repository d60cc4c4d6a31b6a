/** Detects webhooks whose order is identical to the previous one. The Hub sends one for every item that moves. */

import type { SendingContext } from '../context.ts';
import { plainBody } from '../model/content-encoding.ts';
import type { EventKey, EventRecord, Payload } from '../model/event.ts';
import { parseJson } from '../model/exact-json.ts';
import type { EndpointId } from '../model/ids.ts';
import { isDeepStrictEqual } from '../model/node-util.ts';
import { StoreError, UnreadableRowError } from '../ports/event-log.ts';

/** Deeper JSON is compared byte by byte. Orders of the Hub have five levels. */
const COMPARED_LEVELS = 100;

/** The previous event, if its payload has the same order; undefined otherwise, or when it cannot be read. */
export async function previousIfUnchanged(
  { eventLog, telemetry }: Pick<SendingContext, 'eventLog' | 'telemetry'>,
  payload: Payload,
  before: EventKey,
): Promise<EventRecord | undefined> {
  try {
    const [event, earlier] = await Promise.all([eventLog.event(before), eventLog.payload(before)]);
    return earlier !== undefined && isSameOrder(earlier, payload) ? event : undefined;
  } catch (error) {
    // Without the previous payload the event is sent: a duplicate is better than a lost update.
    if (error instanceof StoreError && !(error instanceof UnreadableRowError)) throw error;
    telemetry.error('the previous event could not be compared; the event is sent', error, {
      eventId: before.eventId,
    });
    return undefined;
  }
}

/** True when the endpoint received this event, or an earlier one with the same order. */
export function receivedSameOrder({ outcomes }: EventRecord, endpointId: EndpointId): boolean {
  const outcome = outcomes?.[endpointId];
  return outcome?.state === 'delivered' || outcome?.reason === 'unchanged';
}

/**
 * Compares bytes, then JSON of up to 100 levels. White space, the order of members and the order of items do not matter.
 */
export function isSameOrder(one: Payload, other: Payload): boolean {
  if (one.contentType !== other.contentType) return false;
  if (one.contentEncoding === other.contentEncoding && Buffer.compare(one.body, other.body) === 0)
    return true;
  const bodies = [plainBody(one), plainBody(other)] as const;
  // The first comparison tells a number from a text, and the second one tells numbers apart that JavaScript rounds.
  return areSame(...bodies, JSON.parse) && areSame(...bodies, parseJson);
}

function areSame(one: Uint8Array, other: Uint8Array, parse: (text: string) => unknown): boolean {
  const [a, b] = [parsedWith(parse, one), parsedWith(parse, other)];
  if (a === undefined || b === undefined || isDeep(a) || isDeep(b)) return false;
  return isDeepStrictEqual(withSortedItems(a), withSortedItems(b));
}

/** Level by level, because a recursion could exceed the stack. */
function isDeep(value: object): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; depth < COMPARED_LEVELS && level.length > 0; depth++) {
    level = level.flatMap((part) => (typeof part === 'object' && part !== null ? Object.values(part) : []));
  }
  return level.length > 0;
}

// Stryker disable BlockStatement: an empty catch block returns undefined, too
function parsedWith(parse: (text: string) => unknown, body: Uint8Array): object | undefined {
  try {
    const value = parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
// Stryker restore BlockStatement

function withSortedItems(order: object): object {
  if (!('Items' in order) || !Array.isArray(order.Items)) return order;
  const items = order.Items.map((item: unknown) => [JSON.stringify(withSortedMembers(item)), item] as const);
  // Stryker disable next-line EqualityOperator: any order will do, and items with the same text are the same
  items.sort(([a], [b]) => (a < b ? -1 : 1));
  return { ...order, Items: items.map(([, item]) => item) };
}

function withSortedMembers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSortedMembers);
  if (typeof value !== 'object' || value === null) return value;
  const members = new Map<string, unknown>(Object.entries(value));
  return [...members.keys()].sort().map((name) => [name, withSortedMembers(members.get(name))]);
}
