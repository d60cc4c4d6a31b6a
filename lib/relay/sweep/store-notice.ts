/**
 * The relay's own news, told to the endpoints that ask for them. A notice is an event like any other: it is stored,
 * fanned out, signed and tried again; but it belongs to no order, and nothing is told of what becomes of it.
 */

import type { SweepRelay } from '../context.ts';
import { FAN_OUT_DUE_MS } from '../ingest.ts';
import { after } from '../model/clock.ts';
import type { EventRecord, Payload } from '../model/event.ts';
import { type EndpointId, type EventId, NOTICES, nextEventId, orderKeyOf } from '../model/ids.ts';

/** What a notice tells, by its `type`. Receivers go by these names: they never change their meaning. */
export type NoticeType =
  | 'endpoint.down'
  | 'endpoint.recovered'
  | 'endpoint.disabled'
  | 'deliveries.dead'
  | 'hub.silent';

export interface Notice {
  readonly type: NoticeType;
  /** A sentence or two for a person: what happened, and what to do about it. */
  readonly message: string;
  /** The endpoint that it is about. It is not told itself. */
  readonly endpointId?: EndpointId;
  /** Given where the same news may come twice: then it is told once. */
  readonly eventId?: EventId;
}

/** Stores a notice and wakes fan-out. Rejects when it could not be stored. */
export async function tell(relay: SweepRelay, notice: Notice): Promise<void> {
  const now = relay.clock.now();
  const { type, message, endpointId, eventId = nextEventId(relay.clock, relay.random, undefined) } = notice;
  const key = { orderKey: orderKeyOf(NOTICES, eventId), eventId };
  if (notice.eventId !== undefined && (await relay.eventLog.event(key)) !== undefined) return;

  const about = endpointId !== undefined && { endpointId };
  const event: EventRecord = { ...key, source: NOTICES, receivedAt: now, ...about };
  const body = {
    type,
    timestamp: now.toISOString(),
    data: { ...(endpointId && { endpoint: endpointId }), message },
  };
  const payload: Payload = { contentType: 'application/json', body: Buffer.from(JSON.stringify(body)) };
  await relay.eventLog.putPayload(event, payload);
  await relay.eventLog.putEvent(event, after(now, FAN_OUT_DUE_MS));
  try {
    await relay.eventQueue.send(key);
  } catch (error) {
    // The row is owed, so the next sweeps find it.
    relay.telemetry.error('fan-out could not be woken for a notice; sweep will', error, { eventId });
  }
  relay.telemetry.info('notice told', { type, eventId, ...(endpointId && { endpointId }) });
}
