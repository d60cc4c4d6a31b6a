/** Puts overdue work back on its queue. */
import { after } from './clock.ts';
import { eventTime } from './ids.ts';
import type { OwedItem } from './ports.ts';
import type { SweepRelay } from './relay.ts';

/** What one sweep wakes of one list, so that one endpoint's backlog delays no other's retries. */
export const LIST_LIMIT = 100;
/** How long what was woken is given before it is woken again. */
const WOKEN_AGAIN_AFTER_MS = 2 * 60_000;
export const ANY_TIME = new Date('9999-12-31T23:59:59Z');

/** Wakes the longest overdue of a list; gives back all that it found. */
export async function wakeOverdue(relay: SweepRelay, list: string, limit: number): Promise<OwedItem[]> {
  const now = relay.clock.now();
  const overdue = await relay.eventLog.owed(list, now, limit);
  await wakeAgain(relay, overdue, now);
  return overdue;
}

/** Wakes what is owed to an endpoint that gets nothing more, however far away it is; gives back all that it found. */
export async function wakeToEnd(relay: SweepRelay, list: string): Promise<OwedItem[]> {
  const now = relay.clock.now();
  const owed = await relay.eventLog.owed(list, ANY_TIME, LIST_LIMIT);
  // What is due in a moment was woken a moment ago, or will be.
  const isInHand = ({ dueAt }: OwedItem) => dueAt > now && dueAt <= after(now, WOKEN_AGAIN_AFTER_MS);
  await wakeAgain(
    relay,
    owed.filter((item) => !isInHand(item)),
    now,
  );
  return owed;
}

export async function wakeAgain(relay: SweepRelay, items: readonly OwedItem[], now: Date): Promise<void> {
  const moved = await Promise.all(
    // Only one who still finds it owed and due as it was read may wake it.
    items.map((item) => relay.eventLog.postpone(item, after(now, WOKEN_AGAIN_AFTER_MS))),
  );
  const toWake = items.filter((_, index) => moved[index]);
  await send(relay, toWake);
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

/**
 * Tells of work that should have been done by now: not of what waits for an endpoint that is down, of which its circuit
 * tells. An event is as late as it is old, however often it has been woken.
 */
export function reportOverdue(relay: SweepRelay, list: string, items: readonly OwedItem[]): void {
  if (items.length === 0) return;
  const now = relay.clock.now().getTime();
  const agesMs = items.map(
    (item) => now - (item.kind === 'event' ? eventTime(item.eventId) : item.dueAt).getTime(),
  );
  relay.telemetry.info('sweep woke overdue work', { list, items: items.length });
  relay.telemetry.count('OwedOverdue', items.length);
  relay.telemetry.count('OldestOwedSeconds', Math.max(...agesMs) / 1000);
}
