/** Rows that a scenario starts with: it would take hours of virtual time to make so many the usual way. */

import { ulid } from 'ulid';
import { sourceIdSchema } from '../../../lib/relay/endpoint/source.ts';
import type { DeliveryKey } from '../../../lib/relay/model/delivery.ts';
import type { EventRecord } from '../../../lib/relay/model/event.ts';
import { type EventId, orderKeyOf } from '../../../lib/relay/model/ids.ts';
import type { Reason } from '../../../lib/relay/model/reason.ts';
import { type Accepted, asEndpointId, type World } from './world.ts';

const SOURCE = sourceIdSchema.parse('main');
const PAYLOAD = { body: Buffer.from('{"n":1}') };

export interface RowsSetup {
  readonly count: number;
  /** The order of the event with that number, from zero. */
  readonly orderOf: (index: number) => string;
}

/** Events that fan-out should have fanned out by now, and of which no queue knows. */
export async function putOverdueEvents(world: World, { count, orderOf }: RowsSetup): Promise<EventRecord[]> {
  const events = await newEvents(world, count, orderOf);
  const dueAt = new Date(world.nowMs - 1_000);
  for (const event of events) {
    await world.eventLog.putPayload(event, PAYLOAD);
    await world.eventLog.putEvent(event, dueAt);
  }
  return events;
}

/** Events that were fanned out while an endpoint was away: it is owed one pending delivery of each. */
export async function putParkedDeliveries(
  world: World,
  endpointId: string,
  { count, orderOf, reason }: RowsSetup & { readonly reason: Reason },
): Promise<Accepted[]> {
  const events = await newEvents(world, count, orderOf);
  const now = new Date(world.nowMs);
  const endpoint = asEndpointId(endpointId);
  for (const event of events) {
    await world.eventLog.putPayload(event, PAYLOAD);
    await world.eventLog.putEvent(event, now);
    const outcomes = { [endpoint]: { state: 'pending' as const, reason } };
    await world.eventLog.finishFanOut(event, { changes: [], outcomes, fannedOutAt: now });
    const key: DeliveryKey = { orderKey: event.orderKey, eventId: event.eventId, endpointId: endpoint };
    await world.eventLog.putDeliveryIfAbsent({
      ...key,
      state: 'pending',
      reason,
      attempts: [],
      attemptCount: 0,
      owedSince: now,
      owedTo: endpoint,
      dueAt: now,
    });
  }
  return events.map(({ eventId, orderId = '' }) => ({ eventId, orderId, source: SOURCE, atMs: world.nowMs }));
}

/** A millisecond apart, so that their ids sort by their numbers. */
async function newEvents(
  { nowMs, scheduler }: World,
  count: number,
  orderOf: (index: number) => string,
): Promise<EventRecord[]> {
  return Array.from({ length: count }, (_, index) => {
    const atMs = nowMs - count + index;
    const orderId = orderOf(index);
    return {
      orderKey: orderKeyOf(SOURCE, orderId),
      eventId: `evt_${ulid(atMs, scheduler.random)}` as EventId,
      source: SOURCE,
      orderId,
      receivedAt: new Date(atMs),
    };
  });
}
