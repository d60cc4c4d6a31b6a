/** A page of a list that is ordered by event, newest first. The list's costs depend on the page, not on its length. */
import type { EventKey } from '../../relay/model/event.ts';
import type { EventId } from '../../relay/model/ids.ts';
import type { Connection } from '../connection.ts';
import { checkEventId } from '../events/event-key.ts';

/** A page examines at most this many events. A page that finds less than it may hold can have a next page. */
const MOST_EXAMINED = 2_000;
/** DynamoDB reads at most 100 rows in one batch. */
const BATCH = 100;

export interface Page<Item> {
  readonly items: readonly Item[];
  /** The `before` of the next page; absent on the last page. */
  readonly next?: EventId;
}

export interface PageQuery {
  /** The `next` of the previous page: skip this event and newer ones. */
  readonly before?: string | undefined;
  readonly limit: number;
}

/** A key of the list. `hasRow`: the endpoint has a delivery row for the event. */
export interface ListedKey extends EventKey {
  readonly hasRow: boolean;
}

/** A text for a map: the row of an event, among several orders. */
export function nameOf({ orderKey, eventId }: EventKey): string {
  return `${orderKey} ${eventId}`;
}

/** @throws InvalidInputError when `before` is no event id */
export function pageRange({ before, limit }: PageQuery, since: Date) {
  return {
    since,
    before: before === undefined ? undefined : checkEventId(before, 'before'),
    pageSize: batchSizeOf(limit),
  };
}

/**
 * Reads a page.
 *
 * @param keys the keys of all events that may have an item, newest first
 * @param read returns the items of some of these events, in their order
 */
export async function readPage<Item extends { readonly eventId: EventId }>(
  keys: AsyncIterable<ListedKey>,
  limit: number,
  read: (batch: readonly ListedKey[]) => Promise<readonly Item[]>,
): Promise<Page<Item>> {
  const items: Item[] = [];
  let batch: ListedKey[] = [];
  let examined = 0;
  for await (const key of keys) {
    batch.push(key);
    if (batch.length < batchSizeOf(limit)) continue;
    items.push(...(await read(batch)));
    examined += batch.length;
    if (items.length > limit) return cut(items, limit);
    if (examined >= MOST_EXAMINED) return { items, next: key.eventId };
    batch = [];
  }
  if (batch.length > 0) items.push(...(await read(batch)));
  return items.length > limit ? cut(items, limit) : { items };
}

/** The first items of a list that is longer than a page. */
export function cut<Item extends { readonly eventId: EventId }>(
  items: readonly Item[],
  limit: number,
): Page<Item> {
  const shown = items.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown, ...(last !== undefined && { next: last.eventId }) };
}

/** One more than the limit shows whether there is a next page. */
const batchSizeOf = (limit: number) => Math.min(limit + 1, BATCH);

/** Joins a delivery row's key and its event's key, which come one after the other. */
export async function* withoutRepeats(
  keys: AsyncIterable<ListedKey>,
): AsyncGenerator<ListedKey, void, undefined> {
  let last: ListedKey | undefined;
  for await (const key of keys) {
    if (last?.eventId !== key.eventId || last.orderKey !== key.orderKey) yield key;
    last = key;
  }
}

export async function* listedKeys(
  keys: AsyncIterable<EventKey>,
  hasRow: boolean,
): AsyncGenerator<ListedKey, void, undefined> {
  for await (const { orderKey, eventId } of keys) yield { orderKey, eventId, hasRow };
}

export const isNewer = (key: EventKey, other: EventKey) => key.eventId > other.eventId;

export type ReadingConnection = Pick<Connection, 'clock' | 'configTable' | 'eventReader'>;
