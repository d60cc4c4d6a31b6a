/** The orders that changed last, each with its newest update. */
import { after } from '../../relay/model/clock.ts';
import type { EventKey, EventRecord } from '../../relay/model/event.ts';
import { isRelayEvent, type OrderKey } from '../../relay/model/ids.ts';
import type { Connection } from '../connection.ts';
import type { Page, PageQuery } from '../deliveries/newest-first-page.ts';
import { checkEventId } from '../events/event-key.ts';

/** A page examines the keys of at most this many events. */
const MOST_EXAMINED = 1_000;
const PAGE_SIZE = 100;
/** Equals the default retention of events. */
const DEFAULT_DAYS = 30;
const DAY_MS = 24 * 60 * 60_000;

type RecentConnection = Pick<Connection, 'clock' | 'eventLog' | 'eventReader'>;

/**
 * Newest first. An order is on one page only: that of its newest update. A page reads keys from the index, and the rows of
 * the orders that it lists. It can list fewer than the limit and still have a next page.
 *
 * @throws InvalidInputError when `before` is no event id
 */
export async function recentOrders(
  connection: RecentConnection,
  { before: start, limit }: PageQuery,
): Promise<Page<EventRecord>> {
  const before = start === undefined ? undefined : checkEventId(start, 'before');
  const since = after(connection.clock.now(), -DEFAULT_DAYS * DAY_MS);
  const newest = new Map<OrderKey, EventKey>();
  const earlier = new Set<OrderKey>();
  let examined = 0;
  for await (const key of connection.eventReader.eventKeys({ since, before, pageSize: PAGE_SIZE })) {
    const { orderKey } = key;
    examined += 1;
    if (!isRelayEvent(orderKey) && !newest.has(orderKey) && !earlier.has(orderKey)) {
      const isListedBefore =
        before !== undefined && ((await connection.eventLog.newestEventId(orderKey)) ?? '') >= before;
      if (isListedBefore) earlier.add(orderKey);
      else newest.set(orderKey, key);
    }
    if (newest.size > limit) return readPage(connection, [...newest.values()].slice(0, limit), true);
    if (examined >= MOST_EXAMINED)
      return { ...(await readPage(connection, [...newest.values()], false)), next: key.eventId };
  }
  return readPage(connection, [...newest.values()], false);
}

async function readPage(
  { eventReader }: RecentConnection,
  keys: readonly EventKey[],
  hasNext: boolean,
): Promise<Page<EventRecord>> {
  const last = keys.at(-1);
  return { items: await eventReader.eventsOf(keys), ...(hasNext && last && { next: last.eventId }) };
}
