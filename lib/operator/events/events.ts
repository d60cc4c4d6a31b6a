/** Lists events by time, and shows one event. */
import { after } from '../../relay/model/clock.ts';
import type { EventKey, EventRecord, Payload } from '../../relay/model/event.ts';
import { sha256Hex, sourceOf } from '../../relay/model/ids.ts';
import type { Connection } from '../connection.ts';
import {
  listedKeys,
  type Page,
  type PageQuery,
  pageRange,
  type ReadingConnection,
  readPage,
} from '../deliveries/newest-first-page.ts';
import { nextTries } from '../deliveries/next-try.ts';
import { NotFoundError } from '../errors.ts';
import { findOrderKeys } from '../orders/order-matches.ts';
import type { EventWithDeliveries } from '../orders/orders.ts';
import { checkSourceId, findSourceId } from '../sources/sources.ts';
import { checkEventId, findEventKey } from './event-key.ts';

/** The default range of a list. It equals the default retention of events. */
export const DEFAULT_LIST_DAYS = 30;
export const DAY_MS = 24 * 60 * 60_000;

export interface EventListQuery extends PageQuery {
  readonly since?: Date | undefined;
  readonly source?: string | undefined;
}

/**
 * Newest first. A page costs the same however many events are stored. A page of one source examines at most some
 * thousand events, so it can find fewer than the limit and still have a next page.
 *
 * @throws NotFoundError when the source does not exist, and no event of a removed one is found
 */
export async function listEvents(
  connection: ReadingConnection,
  query: EventListQuery,
): Promise<Page<EventRecord>> {
  const { clock, eventReader } = connection;
  const source = query.source === undefined ? undefined : checkSourceId(query.source);
  const range = pageRange(query, query.since ?? after(clock.now(), -DEFAULT_LIST_DAYS * DAY_MS));
  const page = await readPage(listedKeys(eventReader.eventKeys(range), false), query.limit, (batch) =>
    eventReader.eventsOf(
      batch.filter(({ orderKey }) => source === undefined || sourceOf(orderKey) === source),
    ),
  );
  if (page.items.length === 0 && query.source !== undefined) await findSourceId(connection, query.source);
  return page;
}

export interface EventDetail extends EventWithDeliveries {
  /** Absent when the payload has expired or was erased. */
  readonly payload?: PayloadDetail;
}

export interface PayloadDetail {
  readonly contentType?: string;
  readonly contentEncoding?: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Only with `withBody`: it contains personal data. */
  readonly body?: Uint8Array;
}

export interface EventDetailQuery {
  readonly eventId: string;
  /** Either id of its order. With it, the lookup is consistent and finds a new event at once. */
  readonly order?: string | undefined;
  readonly source?: string | undefined;
  readonly withBody?: boolean | undefined;
}

/**
 * @throws NotFoundError
 * @throws InvalidInputError
 */
export async function showEvent(connection: Connection, query: EventDetailQuery): Promise<EventDetail> {
  const { eventId, withBody = false } = query;
  const key = await findEvent(connection, query);
  const { eventLog } = connection;
  const [event, payload, rows, nextOf] = await Promise.all([
    eventLog.event(key),
    eventLog.payload(key),
    eventLog.deliveries(key.orderKey),
    nextTries(connection),
  ]);
  if (event === undefined) throw new NotFoundError('event', eventId);
  return {
    ...event,
    ...(payload !== undefined && { payload: describePayload(payload, withBody) }),
    deliveries: rows
      .filter(({ eventId: id }) => id === key.eventId)
      .map((row) => ({ ...row, ...nextOf(row) })),
  };
}

async function findEvent(
  connection: Connection,
  { eventId, order, source }: EventDetailQuery,
): Promise<EventKey> {
  if (order === undefined) return findEventKey(connection, eventId);
  const found = await findOrderKeys(connection, { id: order, source });
  const keys = found.map(({ orderKey }) => ({ eventId: checkEventId(eventId), orderKey }));
  const events = await Promise.all(keys.map((key) => connection.eventLog.event(key)));
  const event = events.find((one) => one !== undefined);
  if (event === undefined) throw new NotFoundError('event', eventId, ` of the order ${order}`);
  return event;
}

function describePayload({ body, ...headers }: Payload, withBody: boolean): PayloadDetail {
  return {
    ...headers,
    bytes: body.length,
    sha256: sha256Hex(body),
    ...(withBody && { body }),
  };
}
