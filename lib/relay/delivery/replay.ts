/** Has an event sent to an endpoint again, through the same path as the first time. */

import type { Relay } from '../context.ts';
import { type Delivery, type DeliveryKey, isLeased } from '../model/delivery.ts';
import type { EventRecord } from '../model/event.ts';
import type { EndpointId } from '../model/ids.ts';
import { applyChange, newDelivery, parked, replayed } from './state-machine.ts';

/** What an operator holds; waking deliver is up to the caller, for sweep finds the rows by itself. */
export type ReplayingRelay = Pick<Relay, 'clock' | 'config' | 'eventLog'>;

/**
 * `owed`: it is in the list of owed work again. `under way`: it is being sent at this moment. `not fanned out`: its
 * first attempt is yet to come. `erased`: there is nothing to send.
 */
export type Replayed = 'owed' | 'under way' | 'not fanned out' | 'erased';

/**
 * Makes a delivery owed again: its attempts are counted from the start, and the row says when it was replayed. The
 * event's outcome follows when the delivery is settled. Ordering holds as always: to an endpoint with `latest` an
 * event that is not its order's newest is superseded once more. So does its filter, which is asked anew.
 */
export async function replay(
  relay: ReplayingRelay,
  event: EventRecord,
  endpointId: EndpointId,
): Promise<Replayed> {
  if (event.forgottenAt !== undefined) return 'erased';
  if (event.fannedOutAt === undefined) return 'not fanned out';
  const row = await rowOf(relay, { ...event, endpointId });
  return row === undefined ? addRow(relay, event, endpointId) : reopen(relay, row);
}

async function rowOf({ eventLog }: ReplayingRelay, key: DeliveryKey): Promise<Delivery | undefined> {
  const rows = await eventLog.deliveries(key.orderKey);
  return rows.find(({ eventId, endpointId }) => eventId === key.eventId && endpointId === key.endpointId);
}

/** It had been delivered inline, or its endpoint was not there yet. */
async function addRow(relay: ReplayingRelay, event: EventRecord, endpointId: EndpointId): Promise<Replayed> {
  const now = relay.clock.now();
  await relay.config.health.ensure(endpointId);
  const owed = {
    ...parked(newDelivery(event, endpointId, now), 'replay'),
    replayedAt: now,
    ...((await hasFilter(relay, endpointId)) && { filterPending: true }),
    ...(event.outcomes?.[endpointId]?.state === 'delivered' && {
      possiblyDeliveredAt: event.fannedOutAt ?? now,
    }),
  };
  return (await relay.eventLog.putDeliveryIfAbsent(owed)) ? 'owed' : 'under way';
}

/** One whose row is wrong, or not there, may have one. */
async function hasFilter({ config }: ReplayingRelay, endpointId: EndpointId): Promise<boolean> {
  const endpoint = (await config.endpoints()).valid.find(({ id }) => id === endpointId);
  return endpoint === undefined || endpoint.filter !== undefined;
}

async function reopen(relay: ReplayingRelay, row: Delivery): Promise<Replayed> {
  const now = relay.clock.now();
  if (isLeased(row, now)) return 'under way';
  const filterPending = await hasFilter(relay, row.endpointId);
  return (await applyChange(relay, row, replayed(row, now, filterPending))) ? 'owed' : 'under way';
}
