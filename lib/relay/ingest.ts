/** Takes a webhook: keeps it, then wakes fan-out. A 2xx means that it is durably stored. */

import type { IngestRelay } from './context.ts';
import { isToken, type Source } from './endpoint/source.ts';
import { after, Deadline, within } from './model/clock.ts';
import type { EventRecord, Payload } from './model/event.ts';
import { type Order, orderIdOfQuery, readOrder } from './model/hub-order.ts';
import {
  type EventId,
  nextEventId,
  type OrderKey,
  orderKeyOf,
  type SourceId,
  sha256Hex,
  UNVERIFIED,
} from './model/ids.ts';
import { PayloadTooLargeError } from './ports/event-log.ts';
import type { EventMessage } from './ports/queues.ts';

/** When sweep takes an event for forgotten by the queue. Far longer than an ingest may run. */
export const FAN_OUT_DUE_MS = 2 * 60_000;

const READ_LIMIT_MS = 1_000;
const READ_TRIES = 2;
/** For everything that is written to the table. */
const STORE_LIMIT_MS = 5_000;
const SEND_LIMIT_MS = 1_000;
/** The queue is the last resort for an event that the table refused: worth a longer wait. */
const UNSTORED_SEND_LIMIT_MS = 4_000;

export interface WebhookRequest {
  readonly token: string;
  /** Still percent-encoded. */
  readonly rawQuery: string;
  readonly contentType?: string;
  readonly body: Uint8Array;
}

export type IngestAnswer =
  | { readonly kind: 'accepted'; readonly eventId: EventId }
  /** The address was only tried out: nothing to store. */
  | { readonly kind: 'address works' }
  | { readonly kind: 'unknown address' }
  | { readonly kind: 'too large' }
  /** Neither the table nor the queue took it, or the config could not be read: to be sent again. */
  | { readonly kind: 'unavailable' };

export async function ingest(relay: IngestRelay, request: WebhookRequest): Promise<IngestAnswer> {
  if (!isToken(request.token)) return { kind: 'unknown address' };
  const tokenSha256 = sha256Hex(request.token);
  let source: Source | undefined;
  try {
    source = await relay.config.sourceByToken(tokenSha256);
  } catch (error) {
    return keepUnverified(relay, request, tokenSha256, error);
  }
  if (source === undefined) return { kind: 'unknown address' };
  const order = orderOf(request);
  if (order === undefined) return { kind: 'address works' };
  return store(relay, source.id, order, payloadOf(request));
}

/** What the body and the address tell of an order; undefined for an empty request, by which the address is tried out. */
function orderOf({ body, rawQuery }: WebhookRequest): Order | undefined {
  const { orderId: inBody, ...rest } = readOrder(body);
  const orderId = orderIdOfQuery(rawQuery) ?? inBody;
  if (orderId === undefined) return body.length === 0 ? undefined : rest;
  return { ...rest, orderId };
}

function newEvent(
  { clock, random }: IngestRelay,
  source: SourceId,
  order: Order,
  newest: EventId | undefined,
): EventRecord {
  const eventId = nextEventId(clock, random, newest);
  // An event without an order stands alone, so that such events never wait for each other.
  const orderKey = orderKeyOf(source, order.orderId ?? eventId);
  return { orderKey, eventId, source, receivedAt: clock.now(), ...order };
}

function payloadOf({ contentType, body }: WebhookRequest): Payload {
  return { ...(contentType !== undefined && { contentType }), body };
}

/**
 * Two round trips to the table: the newest id of the order is read while the payload is written under the clock's id, then
 * the event's row is written. Only when the order has an id as late as the clock's does the payload have to be written a
 * second time, under a later id. The first one then belongs to no event, and expires.
 */
async function store(
  relay: IngestRelay,
  source: SourceId,
  order: Order,
  payload: Payload,
): Promise<IngestAnswer> {
  const deadline = new Deadline(relay.clock, STORE_LIMIT_MS);
  const byClock = newEvent(relay, source, order, undefined);
  const [read, put] = await Promise.allSettled([
    order.orderId === undefined ? undefined : newestEventId(relay, byClock.orderKey),
    putPayload(relay, byClock, payload, deadline),
  ]);
  const newest = read.status === 'fulfilled' ? read.value : undefined;
  const isNewest = newest === undefined || newest < byClock.eventId;
  const event = isNewest ? byClock : newEvent(relay, source, order, newest);
  try {
    if (put.status === 'rejected') throw put.reason;
    if (event !== byClock) await putPayload(relay, event, payload, deadline);
    const dueAt = after(relay.clock.now(), FAN_OUT_DUE_MS);
    await within(
      relay.clock,
      deadline.remainingMs,
      'storing the event',
      relay.eventLog.putEvent(event, dueAt),
    );
  } catch (error) {
    if (error instanceof PayloadTooLargeError) return { kind: 'too large' };
    relay.telemetry.error('event could not be stored; it goes on the queue whole', error, {
      eventId: event.eventId,
    });
    return keepOnQueue(relay, event, payload);
  }
  try {
    const { orderKey, eventId } = event;
    await within(relay.clock, SEND_LIMIT_MS, 'waking fan-out', relay.eventQueue.send({ orderKey, eventId }));
  } catch (error) {
    // The row is owed, so sweep finds it.
    relay.telemetry.error('fan-out could not be woken; sweep will', error, { eventId: event.eventId });
  }
  return accepted(relay, event);
}

function putPayload(
  relay: IngestRelay,
  event: EventRecord,
  payload: Payload,
  deadline: Deadline,
): Promise<void> {
  const putting = relay.eventLog.putPayload(event, payload);
  return within(relay.clock, deadline.remainingMs, 'storing the payload', putting);
}

/** If the order cannot be read, the clock alone must do: a webhook is not refused for it. */
async function newestEventId(relay: IngestRelay, orderKey: OrderKey): Promise<EventId | undefined> {
  for (let tried = 1; ; tried++) {
    try {
      return await within(
        relay.clock,
        READ_LIMIT_MS,
        'reading the newest event',
        relay.eventLog.newestEventId(orderKey),
      );
    } catch (error) {
      relay.telemetry.error('newest event of the order could not be read', error, { tried });
      if (tried === READ_TRIES) return undefined;
    }
  }
}

/**
 * A function that was started while the tables are down does not even know the sources. The webhook is kept all the same:
 * fan-out finds out whose it is, and drops what is nobody's.
 */
async function keepUnverified(
  relay: IngestRelay,
  request: WebhookRequest,
  tokenSha256: string,
  error: unknown,
): Promise<IngestAnswer> {
  const order = orderOf(request);
  if (order === undefined) return refused(relay, error);
  const event = newEvent(relay, UNVERIFIED, order, undefined);
  relay.telemetry.error('source could not be looked up; the event goes on the queue whole', error, {
    eventId: event.eventId,
  });
  return keepOnQueue(relay, event, payloadOf(request), { tokenSha256 });
}

async function keepOnQueue(
  relay: IngestRelay,
  event: EventRecord,
  payload: Payload,
  unverified: Pick<EventMessage, 'tokenSha256'> = {},
): Promise<IngestAnswer> {
  const { orderKey, eventId } = event;
  const message = { orderKey, eventId, unstored: { event, payload }, ...unverified };
  try {
    await within(relay.clock, UNSTORED_SEND_LIMIT_MS, 'sending the event', relay.eventQueue.send(message));
  } catch (error) {
    return refused(relay, error);
  }
  relay.telemetry.count('EventsAcceptedByQueue');
  return accepted(relay, event);
}

function accepted(relay: IngestRelay, event: EventRecord): IngestAnswer {
  relay.telemetry.info('event accepted', { eventId: event.eventId, source: event.source });
  relay.telemetry.count('EventsAccepted');
  return { kind: 'accepted', eventId: event.eventId };
}

function refused(relay: IngestRelay, error: unknown): IngestAnswer {
  relay.telemetry.error('webhook refused', error);
  relay.telemetry.count('EventsRefused');
  return { kind: 'unavailable' };
}
