/** The table is out or throttles, or much is overdue in it. */
import { atLeast, atMost, type Figure, HOUR_MS, MINUTE_MS, SECOND_MS, within } from './figures.ts';
import { answers } from './receivers.ts';
import { putOverdueEvents } from './rows.ts';
import type { Run, Scenario } from './scenario.ts';
import { World } from './world.ts';

const ONE_ENDPOINT = () => ({ well: { behaves: answers(50) } });

const throttledALittle: Scenario = {
  title: '2,000 events are overdue, and the table throttles 5 % of all writes',
  state: 'ok, the table throttles',
  async measure({ size, seed }) {
    const world = new World({ seed, endpoints: ONE_ENDPOINT });
    const count = 2_000;
    await putOverdueEvents(world, { count, orderOf: (index) => `order-${index}` });
    world.eventLog.refusedWrites = 0.05;
    const areAllRequeued = () => unionOf(world.requeued).size === count;
    await world.runUntil((size === 'full' ? 60 : 5) * MINUTE_MS, areAllRequeued);
    const sweeps = areAllRequeued() ? world.requeued.length : Number.POSITIVE_INFINITY;
    return [atMost('sweeps until all are enqueued', sweeps, 3)];
  },
};

const throttledMuch: Scenario = {
  title:
    '2,000 events are overdue (1,200 in the test), and the table throttles 60 % of all writes for five minutes',
  state: 'ok, the table throttles',
  async measure({ size, seed }) {
    const throttledMs = 5 * MINUTE_MS + 30 * SECOND_MS;
    // Each list of fan-out holds more than one page.
    const count = size === 'full' ? 2_000 : 1_200;
    const world = new World({ seed, endpoints: ONE_ENDPOINT });
    await putOverdueEvents(world, { count, orderOf: (index) => `order-${index}` });
    world.eventLog.refusedWrites = 0.6;
    await world.runUntil(throttledMs, () => false);
    const known = new Set<string>();
    const fresh = world.requeued.flatMap((ids) => {
      // The last few may all be refused in one sweep.
      const isNearlyDone = count - known.size < 20;
      const before = known.size;
      for (const id of ids) known.add(id);
      return isNearlyDone ? [] : [known.size - before];
    });
    world.eventLog.refusedWrites = 0;
    const delivered = world.receivers.deliveredTo('well');
    const endAtMs = throttledMs + (size === 'full' ? HOUR_MS : 12 * MINUTE_MS);
    const doneAtMs = await world.runUntil(endAtMs, () => delivered.size === count);
    return [
      atLeast('events that each sweep enqueues for the first time', Math.min(...fresh), 1),
      within('all delivered after the throttling', doneAtMs - throttledMs, 10 * MINUTE_MS),
    ];
  },
};

const tableOut: Scenario = {
  title: 'only the queue holds 40 events, for the table is out for 6 hours',
  state: 'ok, the table was out',
  measure: measureTableOut,
};

async function measureTableOut({ seed }: Run): Promise<Figure[]> {
  const count = 40;
  const backAtMs = MINUTE_MS + 6 * HOUR_MS;
  const world = new World({ seed, endpoints: ONE_ENDPOINT });
  world.webhook('before');
  await world.runUntil(MINUTE_MS, () => false);
  world.eventLog.isOut = true;
  world.steadyLoad(15 * SECOND_MS, world.nowMs + count * 15 * SECOND_MS);
  await world.runUntil(backAtMs, () => false);
  world.eventLog.isOut = false;
  const delivered = () => world.receivers.deliveredTo('well').size;
  const doneAtMs = await world.runUntil(backAtMs + HOUR_MS, () => delivered() === count + 1);
  return [
    within('all fanned out after its return', doneAtMs - backAtMs, 6 * MINUTE_MS),
    atMost('events in the dead-letter queue', world.events.deadLetters.length, 0),
  ];
}

const manyOverdue: Scenario = {
  title: '100,000 events are overdue in the lists of fan-out (5,000 in the test)',
  state: 'ok, much is overdue',
  async measure({ size, seed }) {
    const count = size === 'full' ? 100_000 : 5_000;
    // The first sweep comes after a minute, and each minute must wake as much as fan-out can do in it.
    const boundMs = size === 'full' ? 20 * MINUTE_MS : 2 * MINUTE_MS;
    const world = new World({ seed, endpoints: ONE_ENDPOINT });
    await putOverdueEvents(world, { count, orderOf: (index) => `order-${index}` });
    const delivered = () => world.receivers.deliveredTo('well').size;
    const endAtMs = size === 'full' ? 2 * HOUR_MS : boundMs + MINUTE_MS;
    let samples = 0;
    let busy = 0;
    const doneAtMs = await world.runUntil(endAtMs, () => {
      if (world.requeued.length > 0) samples += 1;
      if (world.fanOut.running === 4) busy += 1;
      return delivered() === count;
    });
    return [
      within('all fanned out', doneAtMs, boundMs),
      atLeast('part of the time that fan-out is busy', busy / Math.max(1, samples), 0.6),
    ];
  },
};

function unionOf<Element>(sets: readonly ReadonlySet<Element>[]): Set<Element> {
  return new Set(sets.flatMap((set) => [...set]));
}

export const table: readonly Scenario[] = [throttledALittle, throttledMuch, tableOut, manyOverdue];
