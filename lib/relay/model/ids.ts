/** The identifiers of the relay, as branded strings, and how each is made. */
import { createHash } from 'node:crypto';
import { decodeTime, ulid } from 'ulid';
import type { Clock, Random } from './clock.ts';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** `evt_` and a ULID: sorts by the time it was made. */
export type EventId = Branded<'EventId'>;
/** The `id` of an endpoint's row in the Config table. */
export type EndpointId = Branded<'EndpointId'>;
/** The `id` of a source's row in the Config table: one Hub account. */
export type SourceId = Branded<'SourceId'>;
/** Partition key of everything about one order: `<source>/<order id>`. */
export type OrderKey = Branded<'OrderKey'>;

/** Where the relay's own news come from, as events of their own: no Hub account is called so. */
export const NOTICES = 'notices' as SourceId;
/** Where the events come from with which somebody tries an endpoint out. */
export const TESTS = 'tests' as SourceId;

/** Stands for the source of a webhook whose address could not be looked up, until it can be. */
export const UNVERIFIED = 'unverified' as SourceId;
const OWN_SOURCES: readonly string[] = [NOTICES, TESTS, UNVERIFIED];

/** True for a name that no Hub account can have. */
export function isReservedSource(id: string): id is SourceId {
  return OWN_SOURCES.includes(id);
}

/** To whom an event is owed until it is fanned out. */
export const FAN_OUT = 'fan-out';

/** Shards of `fan-out` in the `owed` index and of a day in `byTime`: one index partition takes 1,000 writes a second. */
export const SHARDS = 4;

/** DynamoDB's limit on a partition key, in bytes. */
export const PARTITION_KEY_LIMIT_BYTES = 2048;

const EVENT_PREFIX = 'evt_';

/**
 * An id that is greater than `newest`, whatever this machine's clock says: the later of the clock and the
 * millisecond after `newest`. The random part is always fresh, so two that start from the same `newest` differ.
 */
export function nextEventId(clock: Clock, random: Random, newest: EventId | undefined): EventId {
  const now = clock.now().getTime();
  const afterNewest = newest === undefined ? 0 : eventTime(newest).getTime() + 1;
  return `${EVENT_PREFIX}${ulid(Math.max(now, afterNewest), random)}` as EventId;
}

/** The one id of something that happened at a moment, however often it is asked for. */
export function eventIdOf(moment: Date, occasion: string): EventId {
  const digest = createHash('sha256').update(occasion).digest();
  let next = 0;
  return `${EVENT_PREFIX}${ulid(moment.getTime(), () => (digest[next++ % digest.length] ?? 0) / 256)}` as EventId;
}

/** The moment that an event id carries. */
export function eventTime(id: EventId): Date {
  return new Date(decodeTime(id.slice(EVENT_PREFIX.length)));
}

/** The smallest possible event id of a moment: where a range of ids starts. */
export function firstEventIdAt(moment: Date): EventId {
  // The library takes zero for no time at all.
  return `${EVENT_PREFIX}${ulid(Math.max(1, moment.getTime()), () => 0)}` as EventId;
}

/** True for a string that {@link nextEventId} could have made. */
export function isEventId(text: string): text is EventId {
  return /^evt_[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(text);
}

/** The partition of an order. An id too long for a partition key is replaced by its SHA-256. */
export function orderKeyOf(source: SourceId, orderId: string): OrderKey {
  return fitted(`${source}/`, orderId) as OrderKey;
}

/** The partition in which an order's alias stands, under the id that people know it by. */
export function aliasKeyOf(source: SourceId, niceId: string): OrderKey {
  return fitted(`${source}/nice:`, niceId) as OrderKey;
}

/** The source that an order's partition belongs to: source ids have no slash. */
export function sourceOf(orderKey: OrderKey): SourceId {
  return orderKey.slice(0, orderKey.indexOf('/')) as SourceId;
}

/** True for an order that no Hub knows of: a notice's, or a test's. */
export function isRelayEvent(orderKey: OrderKey): boolean {
  return isReservedSource(sourceOf(orderKey));
}

function fitted(prefix: string, id: string): string {
  const key = prefix + id.toWellFormed();
  return Buffer.byteLength(key) <= PARTITION_KEY_LIMIT_BYTES ? key : `${prefix}sha256:${sha256Hex(id)}`;
}

/** Which of the {@link SHARDS} an event belongs to. The last character of a ULID is random. */
export function shardOf(id: EventId): number {
  return id.charCodeAt(id.length - 1) % SHARDS;
}

/** Lower-case hexadecimal SHA-256 of a text's UTF-8 bytes, or of bytes. */
export function sha256Hex(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
