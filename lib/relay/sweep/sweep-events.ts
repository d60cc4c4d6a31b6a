/** Re-queues overdue events for fan-out. */

import type { SweepContext } from '../context.ts';
import { after } from '../model/clock.ts';
import { eventTime } from '../model/ids.ts';
import type { OwedItem } from '../ports/event-log.ts';

/** Rows per page of a list. */
export const LIST_LIMIT = 100;
/** Fan-out has this long before sweep enqueues an event again. */
const REQUEUE_AFTER_MS = 2 * 60_000;

/**
 * Re-queues the oldest overdue events of a list.
 * @returns the numbers of overdue and of enqueued events
 */
export async function sweepEvents(
  context: SweepContext,
  list: string,
): Promise<{ found: number; requeued: number }> {
  const now = context.clock.now();
  const overdue = await context.eventLog.owed(list, now, LIST_LIMIT);
  reportOverdue(context, list, overdue);
  const postponed = await Promise.allSettled(
    // Two sweeps may read the same list. Only the sweep that postpones an event enqueues it.
    overdue.map((item) => context.eventLog.postpone(item, after(now, REQUEUE_AFTER_MS))),
  );
  const moved = overdue.filter((_, index) => {
    const result = postponed[index];
    return result?.status === 'fulfilled' && result.value;
  });
  const unsent = await context.eventQueue.enqueueAgain(moved.filter((item) => item.kind === 'event'));
  const failed = postponed.filter(({ status }) => status === 'rejected').length;
  if (unsent.length > 0 || failed > 0)
    context.telemetry.warn('some events could not be enqueued; a later sweep retries', {
      unsent: unsent.length,
      failed,
    });
  return { found: overdue.length, requeued: moved.length - unsent.length };
}

/** Reports overdue work. The age of an event counts from when it was received, not from when it was last enqueued. */
export function reportOverdue(context: SweepContext, list: string, items: readonly OwedItem[]): void {
  if (items.length === 0) return;
  const now = context.clock.now().getTime();
  const agesMs = items.map(
    (item) => now - (item.kind === 'event' ? eventTime(item.eventId) : item.dueAt).getTime(),
  );
  context.telemetry.info('sweep found overdue work', { list, items: items.length });
  context.telemetry.count('OwedOverdue', items.length);
  // An event of a function whose clock was ahead has a negative age.
  context.telemetry.count('OldestOwedSeconds', Math.max(0, ...agesMs) / 1000);
}
