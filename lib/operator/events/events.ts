/** What an operator reads of events: a list by time, and all there is about one. */
import { after } from '../../relay/model/clock.ts';
import type { EventKey, EventRecord, Payload } from '../../relay/model/event.ts';
import { sha256Hex } from '../../relay/model/ids.ts';
import type { Connection } from '../connection.ts';
import { NotFoundError } from '../errors.ts';
import { type EventWithDeliveries, findOrder } from '../orders/orders.ts';
import { checkSourceId } from '../sources/sources.ts';
import { checkEventId, findEventKey } from './event-key.ts';

/** How far back a list goes that names no beginning: for as long as events are kept unless configured. */
export const LISTED_DAYS = 30;
const DAY_MS = 24 * 60 * 60_000;

export interface EventListQuery {
  readonly limit: number;
  readonly since?: Date | undefined;
  readonly source?: string | undefined;
}

/** Newest first. */
export function listEvents(
  { clock, eventReader }: Connection,
  { limit, since, source }: EventListQuery,
): Promise<EventRecord[]> {
  return eventReader.newest({
    limit,
    since: since ?? after(clock.now(), -LISTED_DAYS * DAY_MS),
    ...(source !== undefined && { source: checkSourceId(source) }),
  });
}

export interface EventDetail extends EventWithDeliveries {
  /** Absent when it has expired or was erased. */
  readonly payload?: PayloadDetail;
}

export interface PayloadDetail {
  readonly contentType?: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Only when asked for: it holds personal data. */
  readonly body?: Uint8Array;
}

export interface EventDetailQuery {
  readonly eventId: string;
  /** Either id of its order, for an event that the index by time does not lead to. */
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
  const [event, payload, deliveries] = await Promise.all([
    eventLog.event(key),
    eventLog.payload(key),
    eventLog.deliveries(key.orderKey),
  ]);
  if (event === undefined) throw new NotFoundError('event', eventId);
  return {
    ...event,
    ...(payload !== undefined && { payload: describePayload(payload, withBody) }),
    deliveries: deliveries.filter((delivery) => delivery.eventId === key.eventId),
  };
}

async function findEvent(
  connection: Connection,
  { eventId, order, source }: EventDetailQuery,
): Promise<EventKey> {
  if (order === undefined) return findEventKey(connection, eventId);
  return { eventId: checkEventId(eventId), orderKey: await findOrder(connection, { id: order, source }) };
}

function describePayload({ contentType, body }: Payload, withBody: boolean): PayloadDetail {
  return {
    ...(contentType !== undefined && { contentType }),
    bytes: body.length,
    sha256: sha256Hex(body),
    ...(withBody && { body }),
  };
}
