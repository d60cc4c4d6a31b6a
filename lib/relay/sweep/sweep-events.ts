/** Re-queues overdue events for fan-out. */

import type { SweepContext } from '../context.ts';
import { after } from '../model/clock.ts';
import { reportOverdueEvents } from './overdue.ts';

/** Rows per page of a list. */
export const LIST_LIMIT = 100;
/** Fan-out has this long before sweep enqueues an event again. */
const REQUEUE_AFTER_MS = 2 * 60_000;

/** The queue's own error is logged where it is called. */
const QUEUE_REFUSED = new Error('the queue did not accept them');

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
  reportOverdueEvents(context, list, overdue);
  const postponed = await Promise.allSettled(
    // Two sweeps may read the same list. Only the sweep that postpones an event enqueues it.
    overdue.map((item) => context.eventLog.postpone(item, after(now, REQUEUE_AFTER_MS))),
  );
  const moved = overdue.filter((_, index) => {
    const result = postponed[index];
    return result?.status === 'fulfilled' && result.value;
  });
  const unsent = await context.eventQueue.enqueueAgain(moved.filter((item) => item.kind === 'event'));
  const failed = postponed.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  if (unsent.length > 0 || failed.length > 0)
    context.telemetry.error(
      'some events could not be enqueued; a later sweep retries',
      failed[0] ?? QUEUE_REFUSED,
      {
        unsent: unsent.length,
        failed: failed.length,
      },
    );
  return { found: overdue.length, requeued: moved.length - unsent.length };
}
