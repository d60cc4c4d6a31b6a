/** The relay's identifiers, as branded strings. */
import { createHash } from 'node:crypto';
import { decodeTime, ulid } from 'ulid';
import type { Clock, Random } from './clock.ts';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** `evt_` and a ULID. Ids sort by creation time. */
export type EventId = Branded<'EventId'>;
/** The `id` of an endpoint's row in the Config table. */
export type EndpointId = Branded<'EndpointId'>;
/** The `id` of a source's row in the Config table: one Hub account. */
export type SourceId = Branded<'SourceId'>;
/** The partition key of all rows of an order: `<source>/<order id>`. */
export type OrderKey = Branded<'OrderKey'>;

/** The source of notices. No Hub account may have this id. */
export const NOTICES = 'notices' as SourceId;
/** The source of test events. */
export const TESTS = 'tests' as SourceId;

/** The source of a webhook whose token could not be looked up yet. */
export const UNVERIFIED = 'unverified' as SourceId;
const OWN_SOURCES: readonly string[] = [NOTICES, TESTS, UNVERIFIED];

/** True for an id that no Hub account may have. */
export function isReservedSource(id: string): id is SourceId {
  return OWN_SOURCES.includes(id);
}

/** The lists of events that are not fanned out. */
export const FAN_OUT = 'fan-out';

/** The shards of `fan-out` in the `owed` index, and of a day in `byTime`. An index partition accepts 1,000 writes per second. */
export const SHARDS = 4;

/** DynamoDB's limit on a partition key, in bytes. */
export const PARTITION_KEY_LIMIT_BYTES = 2048;

const EVENT_PREFIX = 'evt_';

/** A ULID has 48 bits for the time: https://github.com/ulid/spec */
const LAST_ULID_MS = 2 ** 48 - 1;

/**
 * An id that is greater than `newest`: its time is the later of the clock and the millisecond after `newest`. The random
 * part is always new, so two ids with the same `newest` differ.
 */
export function nextEventId(clock: Clock, random: Random, newest: EventId | undefined): EventId {
  const now = clock.now().getTime();
  const afterNewest = newest === undefined ? 0 : eventTime(newest).getTime() + 1;
  // Only a row that a person edited has the last time of all. A webhook must not be lost for it.
  const time = afterNewest > LAST_ULID_MS ? now : Math.max(now, afterNewest);
  return `${EVENT_PREFIX}${ulid(time, random)}` as EventId;
}

/** A fixed id for a time and a name: the same input gives the same id. */
export function eventIdOf(moment: Date, occasion: string): EventId {
  const digest = createHash('sha256').update(occasion).digest();
  let next = 0;
  return `${EVENT_PREFIX}${ulid(moment.getTime(), () => (digest[next++ % digest.length] ?? 0) / 256)}` as EventId;
}

/** The time in an event id. */
export function eventTime(id: EventId): Date {
  return new Date(decodeTime(id.slice(EVENT_PREFIX.length)));
}

/** The smallest event id of a millisecond, as the start of a range. */
export function firstEventIdAt(moment: Date): EventId {
  // The library treats zero as an absent time.
  return `${EVENT_PREFIX}${ulid(Math.max(1, moment.getTime()), () => 0)}` as EventId;
}

/** True for a string that {@link nextEventId} could have made. */
export function isEventId(text: string): text is EventId {
  return /^evt_[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(text);
}

/** The partition key of an order. An id that is too long is replaced by its SHA-256. */
export function orderKeyOf(source: SourceId, orderId: string): OrderKey {
  return fitted(`${source}/`, orderId) as OrderKey;
}

/** An id that people use, and one of the orders that have it. Nice ids are not unique. */
export interface Alias {
  readonly aliasKey: OrderKey;
  readonly orderKey: OrderKey;
  /** As the Hub sent it, in upper and lower case. */
  readonly id: string;
  /** When the order's first event with this id was received. */
  readonly seenAt: Date;
}

/** The partition key of all orders with this nice id, in upper or lower case. */
export function aliasKeyOf(source: SourceId, niceId: string): OrderKey {
  return fitted(`${source}/nice:`, niceId.toLowerCase()) as OrderKey;
}

/** The source in a partition key. Source ids contain no slash. */
export function sourceOf(orderKey: OrderKey): SourceId {
  return orderKey.slice(0, orderKey.indexOf('/')) as SourceId;
}

/** True for notices and tests. They do not come from the Hub. */
export function isRelayEvent(orderKey: OrderKey): boolean {
  return isReservedSource(sourceOf(orderKey));
}

function fitted(prefix: string, id: string): string {
  const key = prefix + id.toWellFormed();
  // An id that looks like a hash must not share the partition of the order with that hash.
  const isShort = Buffer.byteLength(key) <= PARTITION_KEY_LIMIT_BYTES && !id.startsWith('sha256:');
  return isShort ? key : `${prefix}sha256:${sha256Hex(id)}`;
}

/** The shard of an event. The last character of a ULID is random. */
export function shardOf(id: EventId): number {
  return id.charCodeAt(id.length - 1) % SHARDS;
}

/** Lower-case hexadecimal SHA-256 of a text's UTF-8 bytes, or of bytes. */
export function sha256Hex(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
