/**
 * Decides which delivery of an order is sent next, according to the endpoint's ordering.
 *
 * - `latest`: the newest pending delivery is sent and the older ones are superseded. An older snapshot never starts
 *   after the endpoint acknowledged a newer one, nor while a newer one is in flight. Events without a snapshot are
 *   skipped: they are neither older nor newer.
 * - `strict`: the oldest pending delivery is sent; the next one starts when it is settled.
 * - `none`: deliveries are independent.
 */

import type { Endpoint } from '../endpoint/endpoint.ts';
import {
  type Delivery,
  type DeliveryKey,
  isLeased,
  isSameDelivery,
  isUnfinished,
  type UnfinishedDelivery,
} from '../model/delivery.ts';
import { type EventRecord, lacksSnapshot } from '../model/event.ts';
import { receivedSameOrder } from './unchanged.ts';

/** The rows and events of one order, for one endpoint. */
export interface OrderView {
  /** The order's delivery rows to this endpoint, oldest event first. */
  readonly rows: readonly Delivery[];
  /** The order's events, newest first, back to the oldest pending delivery at least. */
  readonly events: readonly EventRecord[];
}

export type Step =
  /** Nothing can be sent now: nothing is pending, a lease is not over, or fan-out is not finished. */
  | { readonly kind: 'wait' }
  /** The events contain no snapshot. */
  | { readonly kind: 'skip'; readonly rows: readonly UnfinishedDelivery[] }
  /** The endpoint received, or may have received, a newer event. */
  | { readonly kind: 'supersede'; readonly rows: readonly UnfinishedDelivery[] }
  /** Send this delivery after the older ones are superseded. */
  | {
      readonly kind: 'next';
      readonly delivery: UnfinishedDelivery;
      readonly older: readonly UnfinishedDelivery[];
    };

const WAIT: Step = { kind: 'wait' };

/** @param key the delivery that a message or the endpoint's list names */
export function nextStep(
  { id, ordering }: Pick<Endpoint, 'id' | 'ordering'>,
  key: DeliveryKey,
  view: OrderView,
  now: Date,
): Step {
  const pending = view.rows.filter(isUnfinished);
  switch (ordering) {
    case 'none':
      return unlessLeased(
        pending.find((row) => isSameDelivery(row, key)),
        now,
      );
    case 'strict':
      return unlessLeased(pending[0], now);
    case 'latest':
      return skipOrNextOfLatest(id, pending, view, now);
  }
}

/** True when the endpoint receives only snapshots and the event contains none. */
export function isOnlyForSnapshots({ ordering }: Pick<Endpoint, 'ordering'>, event: EventRecord): boolean {
  return ordering === 'latest' && lacksSnapshot(event);
}

function skipOrNextOfLatest(
  id: Endpoint['id'],
  pending: readonly UnfinishedDelivery[],
  { rows, events }: OrderView,
  now: Date,
): Step {
  const without = new Set(events.filter(lacksSnapshot).map(({ eventId }) => eventId));
  const skipped = pending.filter((row) => without.has(row.eventId) && !isLeased(row, now));
  if (skipped.length > 0) return { kind: 'skip', rows: skipped };
  const isSnapshot = ({ eventId }: Pick<EventRecord, 'eventId'>) => !without.has(eventId);
  const view = { rows: rows.filter(isSnapshot), events: events.filter(isSnapshot) };
  return nextOfLatest(id, pending.filter(isSnapshot), view, now);
}

function nextOfLatest(
  id: Endpoint['id'],
  pending: readonly UnfinishedDelivery[],
  view: OrderView,
  now: Date,
): Step {
  const newest = pending.at(-1);
  if (newest === undefined) return WAIT;
  const newer = view.events.filter(({ eventId }) => eventId > newest.eventId);
  if (hasNewer(id, newest, view.rows, newer)) {
    const free = pending.filter((row) => !isLeased(row, now));
    return free.length === 0 ? WAIT : { kind: 'supersede', rows: free };
  }
  // Fan-out may be sending a newer event now. Sweep continues with this delivery later.
  if (newer.some(({ fannedOutAt, abandonedAt }) => fannedOutAt === undefined && abandonedAt === undefined))
    return WAIT;
  return pending.some((row) => isLeased(row, now))
    ? WAIT
    : { kind: 'next', delivery: newest, older: pending.slice(0, -1) };
}

/** True when the endpoint received, or may have received, a newer event. */
function hasNewer(
  id: Endpoint['id'],
  { eventId, replayedAt, possiblyDeliveredAt }: Delivery,
  rows: readonly Delivery[],
  newer: readonly EventRecord[],
): boolean {
  const isReplay = replayedAt !== undefined && possiblyDeliveredAt !== undefined;
  const newerRows = rows.filter((row) => row.eventId > eventId);
  if (newerRows.some(wasReceived)) return true;
  const withRow = new Set(newerRows.map((row) => row.eventId));
  // Without a row, fan-out delivered the event inline or skipped it.
  const withoutRow = newer.filter((event) => !withRow.has(event.eventId));
  // A newer event that was skipped as unchanged has the same order as this one, which an operator wants resent.
  return withoutRow.some((event) =>
    isReplay ? event.outcomes?.[id]?.state === 'delivered' : receivedSameOrder(event, id),
  );
}

function wasReceived({ state, possiblyDeliveredAt }: Delivery): boolean {
  return state === 'delivered' || possiblyDeliveredAt !== undefined;
}

function unlessLeased(delivery: UnfinishedDelivery | undefined, now: Date): Step {
  if (delivery === undefined || isLeased(delivery, now)) return WAIT;
  return { kind: 'next', delivery, older: [] };
}
