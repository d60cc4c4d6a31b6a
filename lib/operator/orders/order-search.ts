/** Finds orders by a part of any of their ids. No search scans the table: each page examines a bounded number of events. */

import { after } from '../../relay/model/clock.ts';
import type { EventKey, EventRecord } from '../../relay/model/event.ts';
import {
  type EventId,
  eventTime,
  isEventId,
  isRelayEvent,
  type OrderKey,
  type SourceId,
  sourceOf,
} from '../../relay/model/ids.ts';
import { inBatches } from '../../relay/model/in-batches.ts';
import type { Connection } from '../connection.ts';
import { cut, type Page, type ReadingConnection } from '../deliveries/newest-first-page.ts';
import { InvalidInputError } from '../errors.ts';
import { checkEventId } from '../events/event-key.ts';
import { checkSourceId, findSourceId, sourceIds } from '../sources/sources.ts';
import { findInAnyCase } from './order-matches.ts';

export interface OrderSearch {
  /** The whole of an order id, nice id or event id, or a part of one, in upper or lower case. */
  readonly text: string;
  /** All sources when absent. */
  readonly source?: string | undefined;
  /** Skip older events; 30 days when absent. */
  readonly since?: Date | undefined;
  /** The `next` of the previous page. */
  readonly before?: string | undefined;
  /** Of the orders that were found by a part of an id. */
  readonly limit: number;
}

export interface FoundOrder {
  readonly orderKey: OrderKey;
  readonly source: SourceId;
  readonly orderId?: string;
  readonly niceId?: string;
  /** The event that was found by its id; otherwise the newest event of the order. */
  readonly eventId: EventId;
  readonly receivedAt: Date;
  /** The items of that event. */
  readonly items?: EventRecord['items'];
}

export interface OrderSearchPage extends Page<FoundOrder> {
  /** The events that this page examined for parts of ids, newest first. */
  readonly searched: { readonly events: number; readonly since?: Date };
}

type SearchConnection = ReadingConnection & Pick<Connection, 'eventLog'>;

/** A page examines at most this many events. */
const MOST_EXAMINED = 1_000;
/** DynamoDB reads at most 100 rows in one batch. */
const BATCH = 100;
const DEFAULT_DAYS = 30;
const DAY_MS = 24 * 60 * 60_000;
/** Every event id begins with it. */
const EVENT_PREFIX = 'evt_';
/** A shorter part would be in the ids of many events that have nothing to do with it. */
const SHORTEST_PART_OF_EVENT_ID = 8;

/**
 * The first page begins with the orders that have the text as an id, whatever their age. Then it examines the newest
 * events for ids that contain the text. `next` continues with older events, also after a page that found nothing.
 *
 * @throws InvalidInputError
 * @throws NotFoundError when the source does not exist, and no event of a removed one is found
 */
export async function searchOrders(
  connection: SearchConnection,
  search: OrderSearch,
): Promise<OrderSearchPage> {
  const text = search.text.trim();
  if (text === '') throw new InvalidInputError([{ attribute: 'text', problem: 'must not be empty' }]);
  const source = search.source === undefined ? undefined : checkSourceId(search.source);
  const before = search.before === undefined ? undefined : checkEventId(search.before, 'before');
  const since = search.since ?? after(connection.clock.now(), -DEFAULT_DAYS * DAY_MS);
  const query = { text, wanted: text.toLowerCase(), source, since, before, limit: search.limit };
  const whole = before === undefined ? await ordersWithId(connection, query) : [];
  const { items: byPart, ...page } = await examineEvents(connection, query);
  const known = new Set(whole.map(({ orderKey }) => orderKey));
  const items = [...whole, ...byPart.filter(({ orderKey }) => !known.has(orderKey))];
  if (items.length === 0 && source !== undefined) await findSourceId(connection, source);
  return { items, ...page };
}

interface Query {
  readonly text: string;
  /** The text in lower case. */
  readonly wanted: string;
  readonly source: SourceId | undefined;
  readonly since: Date;
  readonly before: EventId | undefined;
  readonly limit: number;
}

/** Orders with exactly this id, in upper or lower case, and the order of the event with this id. */
async function ordersWithId(connection: SearchConnection, { text, source }: Query): Promise<FoundOrder[]> {
  const sources = source === undefined ? await sourceIds(connection) : [source];
  const [ofEvent, ...ofSources] = await Promise.all([
    eventById(connection, text),
    ...sources.map(async (one) => {
      const orders = await findInAnyCase(connection, one, text);
      return Promise.all(orders.map(({ orderKey }) => newestEvent(connection, orderKey)));
    }),
  ]);
  const events = [ofEvent, ...ofSources.flat()]
    .filter((event) => event !== undefined)
    .filter((event) => source === undefined || event.source === source);
  return [
    ...new Map(events.toReversed().map((event) => [event.orderKey, describe(event)])).values(),
  ].reverse();
}

async function eventById(
  { eventLog, eventReader }: SearchConnection,
  text: string,
): Promise<EventRecord | undefined> {
  const isLikeOne = text.toLowerCase().startsWith(EVENT_PREFIX);
  const eventId = EVENT_PREFIX + text.slice(EVENT_PREFIX.length).toUpperCase();
  if (!isLikeOne || !isEventId(eventId)) return undefined;
  const orderKey = await eventReader.orderOfEvent(eventId);
  return orderKey && eventLog.event({ orderKey, eventId });
}

async function newestEvent(
  { eventLog }: SearchConnection,
  orderKey: OrderKey,
): Promise<EventRecord | undefined> {
  for await (const event of eventLog.eventsNewestFirst(orderKey)) return event;
  // The aliases of an order expire later than its events.
  return undefined;
}

/** Examines events, newest first, until the page is full. */
async function examineEvents(connection: SearchConnection, query: Query): Promise<OrderSearchPage> {
  const { since, before, limit } = query;
  const found = new Map<OrderKey, FoundOrder>();
  const searched: { events: number; since?: Date } = { events: 0 };
  const listed = connection.eventReader.eventKeys({ since, before, pageSize: BATCH });
  for await (const keys of inBatches(listed, BATCH)) {
    for (const order of await ordersAmong(connection, keys, query))
      if (!found.has(order.orderKey)) found.set(order.orderKey, order);
    const last = keys.at(-1)?.eventId;
    searched.events += keys.length;
    if (last !== undefined) searched.since = eventTime(last);
    const items = [...found.values()];
    if (items.length > limit) return { ...cut(items, limit), searched };
    if (searched.events >= MOST_EXAMINED && last !== undefined) return { items, next: last, searched };
  }
  return { items: [...found.values()], searched };
}

/** The orders with an id that contains the text, newest first. Orders of earlier pages are left out. */
async function ordersAmong(
  connection: SearchConnection,
  keys: readonly EventKey[],
  query: Query,
): Promise<FoundOrder[]> {
  const { wanted, source } = query;
  const ofSource = keys.filter(({ orderKey }) =>
    source === undefined ? !isRelayEvent(orderKey) : sourceOf(orderKey) === source,
  );
  const newestOf = new Map(ofSource.toReversed().map((key) => [key.orderKey, key]));
  const asked = ofSource.filter(
    (key) => newestOf.get(key.orderKey) === key || isPartOfEventId(wanted, key.eventId),
  );
  const events = await connection.eventReader.eventsOf(asked);
  const isNew = await Promise.all(
    events.map(async (event) => {
      if (isPartOfEventId(wanted, event.eventId)) return true;
      const { orderId, niceId } = event;
      if (!contains(orderId, wanted) && !contains(niceId, wanted)) return false;
      return isOnNoEarlierPage(connection, event, query);
    }),
  );
  return events.filter((_, index) => isNew[index]).map(describe);
}

async function isOnNoEarlierPage(
  { eventLog }: SearchConnection,
  { orderKey, orderId, niceId }: EventRecord,
  { wanted, before }: Query,
): Promise<boolean> {
  if (before === undefined) return true;
  // The first page has the orders whose id is the text.
  if ([orderId, niceId].some((id) => id?.toLowerCase() === wanted)) return false;
  const newest = await eventLog.newestEventId(orderKey);
  return newest === undefined || newest < before;
}

function isPartOfEventId(wanted: string, eventId: EventId): boolean {
  const isLong = wanted.startsWith(EVENT_PREFIX) || wanted.length >= SHORTEST_PART_OF_EVENT_ID;
  return isLong && contains(eventId, wanted);
}

function contains(text: string | undefined, wanted: string): boolean {
  return text?.toLowerCase().includes(wanted) ?? false;
}

function describe({
  orderKey,
  source,
  orderId,
  niceId,
  eventId,
  receivedAt,
  items,
}: EventRecord): FoundOrder {
  return {
    ...{ orderKey, source, eventId, receivedAt },
    ...(orderId !== undefined && { orderId }),
    ...(niceId !== undefined && { niceId }),
    ...(items !== undefined && { items }),
  };
}
