/** Resends an event to an endpoint, on the same path as the first time. */

import type { RelayContext } from '../context.ts';
import { type Delivery, type DeliveryKey, isLeased } from '../model/delivery.ts';
import type { EventRecord } from '../model/event.ts';
import type { EndpointId } from '../model/ids.ts';
import { applyChange } from './apply-change.ts';
import { newDelivery, parked, replayed } from './state-machine.ts';

/** The ports that a replay needs. The caller may enqueue the delivery; otherwise sweep does. */
export type ReplayContext = Pick<RelayContext, 'clock' | 'config' | 'eventLog'>;

/**
 * `owed`: the delivery is in the endpoint's list again. `under way`: it is being sent now. `not fanned out`: its first
 * attempt is still to come. `erased`: the payload was erased.
 */
export type Replayed = 'owed' | 'under way' | 'not fanned out' | 'erased';

/**
 * Makes a delivery owed again. Its attempts are counted from zero, and its row records the time of the replay. The event's
 * outcome is updated when the delivery is settled. Ordering and filter apply as always: with `latest`, an event that is
 * not its order's newest is superseded again.
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

/** The event was delivered inline, or the endpoint did not exist yet. */
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

/** True also when the endpoint's row is invalid or absent: it may have a filter. */
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
