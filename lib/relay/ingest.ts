/** Receives a webhook: stores it, then enqueues it for fan-out. A 2xx means that it is durably stored. */

import type { IngestContext } from './context.ts';
import { isToken, type Source } from './endpoint/source.ts';
import { after, Deadline, within } from './model/clock.ts';
import { plainBody } from './model/content-encoding.ts';
import type { EventRecord, Payload } from './model/event.ts';
import { FAN_OUT_DUE_MS } from './model/event.ts';
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

const READ_LIMIT_MS = 1_000;
const READ_TRIES = 2;
/** The limit for all writes to the table together. */
const STORE_LIMIT_MS = 5_000;
const SEND_LIMIT_MS = 1_000;
/** The queue is the last resort for an event that the table refused, so this limit is longer. */
const FULL_EVENT_SEND_LIMIT_MS = 4_000;
/** Methods that change nothing (RFC 9110, section 9.2.1). A browser or a link preview sends them on its own. */
const SAFE_METHODS: readonly string[] = ['GET', 'HEAD', 'OPTIONS', 'TRACE'];

export interface WebhookRequest {
  readonly token: string;
  /** In capital letters. `POST` when absent. */
  readonly method?: string;
  /** Percent-encoded. */
  readonly rawQuery: string;
  readonly contentType?: string;
  readonly contentEncoding?: string;
  readonly body: Uint8Array;
}

export type IngestAnswer =
  | { readonly kind: 'accepted'; readonly eventId: EventId }
  /** The request was empty or had a safe method: somebody tests the address. Nothing is stored. */
  | { readonly kind: 'address works' }
  | { readonly kind: 'unknown address' }
  | { readonly kind: 'too large' }
  /** Table and queue failed. The sender must retry. */
  | { readonly kind: 'unavailable' };

export async function ingest(context: IngestContext, request: WebhookRequest): Promise<IngestAnswer> {
  if (!isToken(request.token)) return { kind: 'unknown address' };
  const tokenSha256 = sha256Hex(request.token);
  let source: Source | undefined;
  try {
    source = await context.config.sourceByToken(tokenSha256);
  } catch (error) {
    return enqueueUnverified(context, request, tokenSha256, error);
  }
  if (source === undefined) return { kind: 'unknown address' };
  const order = orderOf(request);
  if (order === undefined) return { kind: 'address works' };
  return store(context, source.id, order, payloadOf(request));
}

/** Reads the order from body and query; undefined for a request that only tests the address. */
function orderOf({ method = 'POST', rawQuery, ...request }: WebhookRequest): Order | undefined {
  if (SAFE_METHODS.includes(method)) return undefined;
  const { orderId: inBody, ...rest } = readOrder(plainBody(request));
  const orderId = orderIdOfQuery(rawQuery) ?? inBody;
  if (orderId === undefined) return request.body.length === 0 ? undefined : rest;
  return { ...rest, orderId };
}

function newEvent(
  { clock, random }: IngestContext,
  source: SourceId,
  order: Order,
  newest: EventId | undefined,
): EventRecord {
  const eventId = nextEventId(clock, random, newest);
  // An event without an order gets a partition of its own, so such events never wait for each other.
  const orderKey = orderKeyOf(source, order.orderId ?? eventId);
  return { orderKey, eventId, source, receivedAt: clock.now(), ...order };
}

function payloadOf({ contentType, contentEncoding, body }: WebhookRequest): Payload {
  return {
    ...(contentType !== undefined && { contentType }),
    ...(contentEncoding !== undefined && { contentEncoding }),
    body,
  };
}

async function store(
  context: IngestContext,
  source: SourceId,
  order: Order,
  payload: Payload,
): Promise<IngestAnswer> {
  const deadline = new Deadline(context.clock, STORE_LIMIT_MS);
  const write = context.eventLog.putEventWithPayload === undefined ? writeInTwoTrips : writeAtOnce;
  const { event, failure } = await write(context, source, order, payload, deadline);
  if (failure !== undefined) {
    const { error } = failure;
    if (error instanceof PayloadTooLargeError) return { kind: 'too large' };
    if (context.eventQueue.isInMemory) return refused(context, error);
    context.telemetry.error('event could not be stored; it is enqueued with its payload', error, {
      eventId: event.eventId,
    });
    return enqueueFullEvent(context, event, payload);
  }
  try {
    const { orderKey, eventId } = event;
    await within(
      context.clock,
      SEND_LIMIT_MS,
      'enqueueing the event',
      context.eventQueue.send({ orderKey, eventId }),
    );
  } catch (error) {
    // Sweep finds the row, because it is owed.
    context.telemetry.error('event could not be enqueued for fan-out; sweep enqueues it', error, {
      eventId: event.eventId,
    });
  }
  return accepted(context, event);
}

interface Written {
  readonly event: EventRecord;
  readonly failure?: { readonly error: unknown };
}

/**
 * The first trip to the table reads the order's newest event id and writes the payload under an id from the clock. The
 * second writes the event's row. If the order already has an id that is as late, the payload is written again under a
 * later id. The first payload then belongs to no event and expires.
 */
async function writeInTwoTrips(
  context: IngestContext,
  source: SourceId,
  order: Order,
  payload: Payload,
  deadline: Deadline,
): Promise<Written> {
  const byClock = newEvent(context, source, order, undefined);
  const [read, put] = await Promise.allSettled([
    order.orderId === undefined ? undefined : newestEventId(context, byClock.orderKey),
    putPayload(context, byClock, payload, deadline),
  ]);
  const newest = read.status === 'fulfilled' ? read.value : undefined;
  const isNewest = newest === undefined || newest < byClock.eventId;
  const event = isNewest ? byClock : newEvent(context, source, order, newest);
  try {
    if (put.status === 'rejected') throw put.reason;
    if (event !== byClock) await putPayload(context, event, payload, deadline);
    await within(
      context.clock,
      deadline.remainingMs,
      'storing the event',
      context.eventLog.putEvent(event, fanOutDueAt(context)),
    );
    return { event };
  } catch (error) {
    return { event, failure: { error } };
  }
}

/** The table writes both rows in one transaction. */
async function writeAtOnce(
  context: IngestContext,
  source: SourceId,
  order: Order,
  payload: Payload,
  deadline: Deadline,
): Promise<Written> {
  const byClock = newEvent(context, source, order, undefined);
  const newest = order.orderId === undefined ? undefined : await newestEventId(context, byClock.orderKey);
  const event = newest === undefined ? byClock : newEvent(context, source, order, newest);
  try {
    const storing = context.eventLog.putEventWithPayload?.(event, payload, fanOutDueAt(context));
    await within(context.clock, deadline.remainingMs, 'storing the event', Promise.resolve(storing));
    return { event };
  } catch (error) {
    return { event, failure: { error } };
  }
}

function fanOutDueAt({ clock }: IngestContext): Date {
  return after(clock.now(), FAN_OUT_DUE_MS);
}

function putPayload(
  context: IngestContext,
  event: EventRecord,
  payload: Payload,
  deadline: Deadline,
): Promise<void> {
  const putting = context.eventLog.putPayload(event, payload);
  return within(context.clock, deadline.remainingMs, 'storing the payload', putting);
}

/** Undefined when the order cannot be read. The id then comes from the clock alone; the webhook is not refused. */
async function newestEventId(context: IngestContext, orderKey: OrderKey): Promise<EventId | undefined> {
  for (let tried = 1; ; tried++) {
    try {
      return await within(
        context.clock,
        READ_LIMIT_MS,
        'reading the newest event',
        context.eventLog.newestEventId(orderKey),
      );
    } catch (error) {
      context.telemetry.error('newest event of the order could not be read', error, { tried });
      if (tried === READ_TRIES) return undefined;
    }
  }
}

/**
 * A function that started while the table is down does not know the sources. It enqueues the webhook with its payload.
 * Fan-out looks up the source later, and drops the event if no source has the token.
 */
async function enqueueUnverified(
  context: IngestContext,
  request: WebhookRequest,
  tokenSha256: string,
  error: unknown,
): Promise<IngestAnswer> {
  if (context.eventQueue.isInMemory) return refused(context, error);
  const order = orderOf(request);
  if (order === undefined) {
    context.telemetry.error('source could not be looked up; nothing was sent to be stored', error);
    return { kind: 'unavailable' };
  }
  const event = newEvent(context, UNVERIFIED, order, undefined);
  context.telemetry.error('source could not be looked up; the event is enqueued with its payload', error, {
    eventId: event.eventId,
  });
  return enqueueFullEvent(context, event, payloadOf(request), { tokenSha256 });
}

async function enqueueFullEvent(
  context: IngestContext,
  event: EventRecord,
  payload: Payload,
  unverified: Pick<EventMessage, 'tokenSha256'> = {},
): Promise<IngestAnswer> {
  const { orderKey, eventId } = event;
  const message = { orderKey, eventId, fullEvent: { event, payload }, ...unverified };
  try {
    // Fan-out could never store a larger payload, and would try for days.
    await context.eventLog.checkPayload(payload);
    await within(
      context.clock,
      FULL_EVENT_SEND_LIMIT_MS,
      'sending the event',
      context.eventQueue.send(message),
    );
  } catch (error) {
    return error instanceof PayloadTooLargeError ? { kind: 'too large' } : refused(context, error);
  }
  context.telemetry.count('EventsAcceptedByQueue');
  return accepted(context, event);
}

function accepted(context: IngestContext, event: EventRecord): IngestAnswer {
  context.telemetry.info('event accepted', { eventId: event.eventId, source: event.source });
  context.telemetry.count('EventsAccepted');
  return { kind: 'accepted', eventId: event.eventId };
}

function refused(context: IngestContext, error: unknown): IngestAnswer {
  context.telemetry.error('webhook refused', error);
  context.telemetry.count('EventsRefused');
  return { kind: 'unavailable' };
}
