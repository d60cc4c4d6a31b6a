/**
 * Reports overdue work, and its age since it could first have been done. `dueAt` does not tell that: each attempt to start
 * the work moves it, so work that fails again and again would never be old.
 */

import type { SweepContext } from '../context.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { type Delivery, isLeased, isSettled, isUnfinished } from '../model/delivery.ts';
import { eventTime } from '../model/ids.ts';
import type { OwedItem } from '../ports/event-log.ts';

/** Sweep enqueues overdue work again within two minutes. Work that is as old as this is stuck. */
const LATE_SECONDS = 15 * 60;
/** Each order takes a read. A random part of a long list shows in a few sweeps how old its work is. */
const ORDERS_READ = 20;

/** Events owe their fan-out since they were received. */
export function reportOverdueEvents(context: SweepContext, list: string, items: readonly OwedItem[]): void {
  report(
    context,
    list,
    items,
    items.map(({ eventId }) => eventTime(eventId)),
  );
}

/**
 * Deliveries owe an attempt since their scheduled time, or since the endpoint recovered. Scheduled retries are not late, nor
 * are deliveries that wait for an earlier one of their order.
 */
export async function reportOverdueDeliveries(
  context: SweepContext,
  endpoint: Endpoint,
  items: readonly OwedItem[],
): Promise<void> {
  if (items.length === 0) return;
  const orders = [...new Set(items.map(({ orderKey }) => orderKey))];
  const start = Math.floor(context.random() * orders.length);
  const read = [...orders.slice(start), ...orders.slice(0, start)].slice(0, ORDERS_READ);
  const since = await Promise.all(
    read.map(async (orderKey) => owedSince(context, endpoint, await context.eventLog.deliveries(orderKey))),
  );
  report(context, endpoint.id, items, since.flat());
}

function owedSince(context: SweepContext, { id, ordering }: Endpoint, rows: readonly Delivery[]): Date[] {
  const recoveredAt = context.config.healthRecorder.current(id).recoveredAt ?? new Date(0);
  const own = rows.filter(({ endpointId }) => endpointId === id);
  const unfinished = own.filter(isUnfinished);
  const next = ordering === 'strict' ? unfinished.slice(0, 1) : unfinished;
  return [
    ...next
      .filter((row) => !isLeased(row, context.clock.now()))
      .map(({ nextAttemptAt, owedSince }) => later(nextAttemptAt ?? owedSince, recoveredAt)),
    // The outcome of a settled delivery is still to be written.
    ...own.filter(isSettled).flatMap(({ owedTo, settledAt }) => (owedTo === id ? [settledAt] : [])),
  ];
}

function report(
  { clock, telemetry }: SweepContext,
  list: string,
  items: readonly OwedItem[],
  since: readonly Date[],
): void {
  if (items.length === 0) return;
  telemetry.info('sweep found overdue work', { list, items: items.length });
  telemetry.count('OwedOverdue', items.length);
  const now = clock.now().getTime();
  const ageSeconds = Math.max(0, ...since.map((at) => now - at.getTime())) / 1000;
  telemetry.count('OldestOwedSeconds', ageSeconds);
  if (ageSeconds >= LATE_SECONDS)
    telemetry.error('work is late', new Error(`for ${Math.round(ageSeconds / 60)} minutes`), { list });
}

function later(one: Date, other: Date): Date {
  return one > other ? one : other;
}
