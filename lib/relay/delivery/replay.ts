/** Has an event sent to an endpoint again, through the same path as the first time. */

import type { RelayContext } from '../context.ts';
import { type Delivery, type DeliveryKey, isLeased } from '../model/delivery.ts';
import type { EventRecord } from '../model/event.ts';
import type { EndpointId } from '../model/ids.ts';
import { applyChange, newDelivery, parked, replayed } from './state-machine.ts';

/** What an operator holds; waking deliver is up to the caller, for sweep finds the rows by itself. */
export type ReplayContext = Pick<RelayContext, 'clock' | 'config' | 'eventLog'>;

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
  context: ReplayContext,
  event: EventRecord,
  endpointId: EndpointId,
): Promise<Replayed> {
  if (event.forgottenAt !== undefined) return 'erased';
  if (event.fannedOutAt === undefined) return 'not fanned out';
  const row = await rowOf(context, { ...event, endpointId });
  return row === undefined ? addRow(context, event, endpointId) : reopen(context, row);
}

async function rowOf({ eventLog }: ReplayContext, key: DeliveryKey): Promise<Delivery | undefined> {
  const rows = await eventLog.deliveries(key.orderKey);
  return rows.find(({ eventId, endpointId }) => eventId === key.eventId && endpointId === key.endpointId);
}

/** It had been delivered inline, or its endpoint was not there yet. */
async function addRow(context: ReplayContext, event: EventRecord, endpointId: EndpointId): Promise<Replayed> {
  const now = context.clock.now();
  await context.config.health.ensure(endpointId);
  const owed = {
    ...parked(newDelivery(event, endpointId, now), 'replay'),
    replayedAt: now,
    ...((await hasFilter(context, endpointId)) && { filterPending: true }),
    ...(event.outcomes?.[endpointId]?.state === 'delivered' && {
      possiblyDeliveredAt: event.fannedOutAt ?? now,
    }),
  };
  return (await context.eventLog.putDeliveryIfAbsent(owed)) ? 'owed' : 'under way';
}

/** One whose row is wrong, or not there, may have one. */
async function hasFilter({ config }: ReplayContext, endpointId: EndpointId): Promise<boolean> {
  const endpoint = (await config.endpoints()).valid.find(({ id }) => id === endpointId);
  return endpoint === undefined || endpoint.filter !== undefined;
}

async function reopen(context: ReplayContext, row: Delivery): Promise<Replayed> {
  const now = context.clock.now();
  if (isLeased(row, now)) return 'under way';
  const filterPending = await hasFilter(context, row.endpointId);
  return (await applyChange(context, row, replayed(row, now, filterPending))) ? 'owed' : 'under way';
}
