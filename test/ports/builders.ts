/** Builders of test data. Each test states only the parts that matter to it. */
import { randomUUID } from 'node:crypto';
import { endpointIdSchema } from '../../lib/relay/endpoint/endpoint-id.ts';
import { sourceIdSchema } from '../../lib/relay/endpoint/source.ts';
import type { Clock } from '../../lib/relay/model/clock.ts';
import {
  type Delivery,
  type DeliveryAttributes,
  isSettled,
  type PendingDelivery,
  type SettledDelivery,
  toDelivery,
} from '../../lib/relay/model/delivery.ts';
import type { SettledState } from '../../lib/relay/model/delivery-state.ts';
import type { EventRecord, Payload } from '../../lib/relay/model/event.ts';
import {
  type EndpointId,
  type EventId,
  nextEventId,
  type OrderKey,
  orderKeyOf,
} from '../../lib/relay/model/ids.ts';
import { MemoryClock } from '../memory/clock.ts';

export const aSource = sourceIdSchema.parse('main');

export const anEndpointId = (id: string): EndpointId => endpointIdSchema.parse(id);

/** Of an order that no other test knows, unless one is named. */
export const anOrderKey = (orderId: string = randomUUID()): OrderKey => orderKeyOf(aSource, orderId);

export const anEventId = (clock: Clock = new MemoryClock()): EventId =>
  nextEventId(clock, Math.random, undefined);

/** An event that has just come. */
export function anEvent(parts: Partial<EventRecord> = {}): EventRecord {
  return {
    orderKey: anOrderKey(),
    eventId: anEventId(),
    source: aSource,
    receivedAt: new MemoryClock().now(),
    ...parts,
  };
}

/** So many events of one order, from the oldest to the newest, a second apart. */
export function eventsOf(orderKey: OrderKey, count: number): EventRecord[] {
  const clock = new MemoryClock();
  return Array.from({ length: count }, () => {
    clock.advance(1_000);
    return anEvent({ orderKey, eventId: anEventId(clock), receivedAt: clock.now() });
  });
}

export function aPayload(body: string | Uint8Array = '{"Id":"1"}', contentType?: string): Payload {
  return { body: Buffer.from(body), ...(contentType !== undefined && { contentType }) };
}

/** A delivery that is owed to its endpoint and was not attempted yet, unless the parts say otherwise. */
export function aDelivery(parts: Partial<DeliveryAttributes> = {}): Delivery {
  const now = new MemoryClock().now();
  const endpointId = parts.endpointId ?? anEndpointId('erp');
  return toDelivery({
    orderKey: anOrderKey(),
    eventId: anEventId(),
    endpointId,
    state: 'pending',
    owedSince: now,
    owedTo: endpointId,
    dueAt: now,
    ...parts,
  });
}

export function aPendingDelivery(parts: Partial<DeliveryAttributes> = {}): PendingDelivery {
  const delivery = aDelivery({ ...parts, state: 'pending' });
  if (delivery.state !== 'pending') throw new Error('a pending delivery was asked for');
  return delivery;
}

export function aSettledDelivery(
  state: SettledState,
  parts: Partial<DeliveryAttributes> = {},
): SettledDelivery {
  const delivery = aDelivery({ ...parts, state });
  if (!isSettled(delivery)) throw new Error('a settled delivery was asked for');
  return delivery;
}
