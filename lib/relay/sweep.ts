/** Finds what should have happened by now and did not, and puts it back on its queue. */
import { after, type Deadline } from './clock.ts';
import type { Endpoints } from './config.ts';
import { type EndpointId, SHARDS } from './ids.ts';
import type { OwedItem } from './ports.ts';
import type { SweepRelay } from './relay.ts';

/** What one sweep wakes of one list, so that one endpoint's backlog delays no other's retries. */
const LIST_LIMIT = 100;
/** How long what was woken is given before it is woken again. */
const WOKEN_AGAIN_AFTER_MS = 2 * 60_000;
/** What one list may take; a sweep that has less time left leaves the rest to the next. */
const LIST_TAKES_MS = 10_000;
/** Lists in hand at the same time. */
const PARALLEL = 4;

export async function sweep(relay: SweepRelay, deadline: Deadline): Promise<void> {
  const endpoints = await relay.config.endpoints();
  const lists = rotated(
    [...Array.from({ length: SHARDS }, (_, shard) => `fan-out#${shard}`), ...sweptEndpoints(endpoints)],
    relay.random(),
  );
  const work = async () => {
    for (let list = lists.shift(); list !== undefined; list = lists.shift()) {
      if (!deadline.allows(LIST_TAKES_MS)) return;
      await sweepList(relay, list);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
}

/** Starts anywhere in the lists: when time runs out, it is not always the same ones that were not reached. */
function rotated<Element>(elements: readonly Element[], random: number): Element[] {
  const start = Math.floor(random * elements.length);
  return [...elements.slice(start), ...elements.slice(0, start)];
}

/**
 * Endpoints that may be sent to, those that are off, and those whose row is gone but which are owed something: of the
 * last two, deliver cancels what is left. What is owed to the others waits until their row says otherwise.
 */
function sweptEndpoints(endpoints: Endpoints): EndpointId[] {
  const waiting = new Set([
    ...endpoints.invalid.map(({ id }) => id),
    ...endpoints.valid.filter(({ state }) => state === 'paused').map(({ id }) => id),
  ]);
  const known = new Set([...endpoints.valid.map(({ id }) => id), ...endpoints.withHealth]);
  return [...known.difference(waiting)];
}

async function sweepList(relay: SweepRelay, list: string): Promise<void> {
  try {
    const now = relay.clock.now();
    const overdue = await relay.eventLog.owed(list, now, LIST_LIMIT);
    const moved = await Promise.all(
      // Only one who still finds it owed and due as it was read may wake it.
      overdue.map((item) => relay.eventLog.postpone(item, after(now, WOKEN_AGAIN_AFTER_MS))),
    );
    const toWake = overdue.filter((_, index) => moved[index]);
    await wake(relay, toWake);
    reportOverdue(relay, list, toWake, now);
  } catch (error) {
    relay.telemetry.error('sweep failed on one list; the next sweep goes on', error, { list });
  }
}

async function wake(relay: SweepRelay, items: readonly OwedItem[]): Promise<void> {
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
