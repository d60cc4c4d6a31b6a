/**
 * Stores notices: events about the relay itself, sent to the endpoints that ask for them. A notice is stored, fanned
 * out, signed and retried like every event. It belongs to no order, and its own deliveries cause no notices.
 */

import type { SweepContext } from '../context.ts';
import { after } from '../model/clock.ts';
import type { EventRecord, Payload } from '../model/event.ts';
import { FAN_OUT_DUE_MS } from '../model/event.ts';
import { type EndpointId, type EventId, NOTICES, nextEventId, orderKeyOf } from '../model/ids.ts';

/** The `type` of a notice. Receivers depend on these names, so their meaning never changes. */
export type NoticeType =
  | 'endpoint.down'
  | 'endpoint.refusing'
  | 'endpoint.recovered'
  | 'endpoint.disabled'
  | 'deliveries.dead'
  | 'hub.silent';

export interface Notice {
  readonly type: NoticeType;
  /** One or two sentences for a person: the problem, and the next step. */
  readonly message: string;
  /** The endpoint that the notice is about. It does not receive the notice. */
  readonly endpointId?: EndpointId;
  /** A fixed id for a notice that sweep may create twice. It is stored once. */
  readonly eventId?: EventId;
}

/** Stores a notice and enqueues it for fan-out. Rejects when it cannot be stored. */
export async function storeNotice(context: SweepContext, notice: Notice): Promise<void> {
  const now = context.clock.now();
  const {
    type,
    message,
    endpointId,
    eventId = nextEventId(context.clock, context.random, undefined),
  } = notice;
  const key = { orderKey: orderKeyOf(NOTICES, eventId), eventId };
  if (notice.eventId !== undefined && (await context.eventLog.event(key)) !== undefined) return;

  const about = endpointId !== undefined && { endpointId };
  const event: EventRecord = { ...key, source: NOTICES, receivedAt: now, ...about };
  const body = {
    type,
    timestamp: now.toISOString(),
    data: { ...(endpointId && { endpoint: endpointId }), message },
  };
  const payload: Payload = { contentType: 'application/json', body: Buffer.from(JSON.stringify(body)) };
  await context.eventLog.putPayload(event, payload);
  await context.eventLog.putEvent(event, after(now, FAN_OUT_DUE_MS));
  try {
    await context.eventQueue.send(key);
  } catch (error) {
    // A later sweep finds the event's row and enqueues it.
    context.telemetry.error('notice could not be enqueued; a later sweep enqueues it', error, { eventId });
  }
  context.telemetry.info('notice stored', { type, eventId, ...(endpointId && { endpointId }) });
}
