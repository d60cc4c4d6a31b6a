/** Puts overdue work back on its queue. */
import { after } from './clock.ts';
import type { OwedItem } from './ports.ts';
import type { SweepRelay } from './relay.ts';

/** What one sweep wakes of one list, so that one endpoint's backlog delays no other's retries. */
export const LIST_LIMIT = 100;
/** How long what was woken is given before it is woken again. */
const WOKEN_AGAIN_AFTER_MS = 2 * 60_000;

/** Wakes the longest overdue of a list; gives the number of those it found. */
export async function wakeOverdue(relay: SweepRelay, list: string, limit: number): Promise<number> {
  const now = relay.clock.now();
  const overdue = await relay.eventLog.owed(list, now, limit);
  await wakeAgain(relay, list, overdue, now);
  return overdue.length;
}

export async function wakeAgain(
  relay: SweepRelay,
  list: string,
  items: readonly OwedItem[],
  now: Date,
): Promise<void> {
  const moved = await Promise.all(
    // Only one who still finds it owed and due as it was read may wake it.
    items.map((item) => relay.eventLog.postpone(item, after(now, WOKEN_AGAIN_AFTER_MS))),
  );
  const toWake = items.filter((_, index) => moved[index]);
  await send(relay, toWake);
  reportOverdue(relay, list, toWake, now);
}

async function send(relay: SweepRelay, items: readonly OwedItem[]): Promise<void> {
  const unsent = [
    ...(await relay.eventQueue.sendAgain(items.filter((item) => item.kind === 'event'))),
    ...(await relay.deliveryQueue.send(
      items.filter((item) => item.kind === 'delivery').map((item) => ({ ...item, delaySeconds: 0 })),
    )),
  ];
  if (unsent.length > 0)
    relay.telemetry.warn('sweep could not wake all; a later sweep will', { unsent: unsent.length });
}

function reportOverdue(relay: SweepRelay, list: string, items: readonly OwedItem[], now: Date): void {
  const oldest = items[0];
  if (oldest === undefined) return;
  relay.telemetry.info('sweep woke overdue work', { list, items: items.length });
  relay.telemetry.count('OwedOverdue', items.length);
  relay.telemetry.count('OldestOwedSeconds', (now.getTime() - oldest.dueAt.getTime()) / 1000);
}
