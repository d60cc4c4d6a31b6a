/** Takes a webhook: keeps it, then wakes fan-out. A 2xx means that it is durably stored. */
import { after, within } from './clock.ts';
import type { EventRecord, Payload } from './event.ts';
import { type EventId, nextEventId, type OrderKey, orderKeyOf, sha256Hex } from './ids.ts';
import { orderIdOfQuery, readOrder } from './order.ts';
import { PayloadTooLargeError } from './ports.ts';
import type { IngestRelay } from './relay.ts';
import { isToken, type Source } from './source.ts';

/** When sweep takes an event for forgotten by the queue. Far longer than an ingest may run. */
export const FAN_OUT_DUE_MS = 2 * 60_000;

const READ_LIMIT_MS = 1_000;
const READ_TRIES = 2;
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
  let source: Source | undefined;
  try {
    const { token } = request;
    source = isToken(token) ? await relay.config.sourceByToken(sha256Hex(token)) : undefined;
  } catch (error) {
    return refused(relay, error);
  }
  if (source === undefined) return { kind: 'unknown address' };

  const order = readOrder(request.body);
  const orderId = orderIdOfQuery(request.rawQuery) ?? order.orderId;
  if (orderId === undefined && request.body.length === 0) return { kind: 'address works' };

  const { orderId: _, ...rest } = order;
  const newest =
    orderId === undefined ? undefined : await newestEventId(relay, orderKeyOf(source.id, orderId));
  const eventId = nextEventId(relay.clock, relay.random, newest);
  const event: EventRecord = {
    // An event without an order stands alone, so that such events never wait for each other.
    orderKey: orderKeyOf(source.id, orderId ?? eventId),
    eventId,
    source: source.id,
    ...(orderId !== undefined && { orderId }),
    receivedAt: relay.clock.now(),
    ...rest,
  };
  const payload: Payload = {
    ...(request.contentType !== undefined && { contentType: request.contentType }),
    body: request.body,
  };
  return keep(relay, event, payload);
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

async function keep(relay: IngestRelay, event: EventRecord, payload: Payload): Promise<IngestAnswer> {
  try {
    const dueAt = after(relay.clock.now(), FAN_OUT_DUE_MS);
    await within(
      relay.clock,
      STORE_LIMIT_MS,
      'storing the event',
      relay.eventLog.store(event, payload, dueAt),
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

async function keepOnQueue(relay: IngestRelay, event: EventRecord, payload: Payload): Promise<IngestAnswer> {
  const message = { orderKey: event.orderKey, eventId: event.eventId, unstored: { event, payload } };
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
