/** Puts overdue events back on fan-out's queue. */

import type { SweepRelay } from '../context.ts';
import { after } from '../model/clock.ts';
import { eventTime } from '../model/ids.ts';
import type { OwedItem } from '../ports/event-log.ts';

/** Rows that are read of one list at a time. */
export const LIST_LIMIT = 100;
/** How long fan-out has before an event that was put back is put back again. */
const AGAIN_AFTER_MS = 2 * 60_000;

/**
 * Puts the longest overdue of a list back on the queue.
 * @returns how many were found, and how many of them could be put back
 */
export async function sweepEvents(
  relay: SweepRelay,
  list: string,
): Promise<{ found: number; requeued: number }> {
  const now = relay.clock.now();
  const overdue = await relay.eventLog.owed(list, now, LIST_LIMIT);
  reportOverdue(relay, list, overdue);
  const postponed = await Promise.allSettled(
    // Two sweeps may read the same list: only the one that moves an event puts it back.
    overdue.map((item) => relay.eventLog.postpone(item, after(now, AGAIN_AFTER_MS))),
  );
  const moved = overdue.filter((_, index) => {
    const result = postponed[index];
    return result?.status === 'fulfilled' && result.value;
  });
  const unsent = await relay.eventQueue.sendAgain(moved.filter((item) => item.kind === 'event'));
  const failed = postponed.filter(({ status }) => status === 'rejected').length;
  if (unsent.length > 0 || failed > 0)
    relay.telemetry.warn('some events could not be put back on the queue; a later sweep does it', {
      unsent: unsent.length,
      failed,
    });
  return { found: overdue.length, requeued: moved.length - unsent.length };
}

/** Reports late work. An event is as late as it is old, however often it was put back. */
export function reportOverdue(relay: SweepRelay, list: string, items: readonly OwedItem[]): void {
  if (items.length === 0) return;
  const now = relay.clock.now().getTime();
  const agesMs = items.map(
    (item) => now - (item.kind === 'event' ? eventTime(item.eventId) : item.dueAt).getTime(),
  );
  relay.telemetry.info('sweep found overdue work', { list, items: items.length });
  relay.telemetry.count('OwedOverdue', items.length);
  relay.telemetry.count('OldestOwedSeconds', Math.max(...agesMs) / 1000);
}
