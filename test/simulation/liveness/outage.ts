/** An endpoint is down for a while and comes back with a backlog. */
import { atMost, type Figure, HOUR_MS, MINUTE_MS, percentile, SECOND_MS, within } from './figures.ts';
import { answers, between, type Request, refusesConnections } from './receivers.ts';
import { putParkedDeliveries } from './rows.ts';
import type { Scenario } from './scenario.ts';
import { type Accepted, World } from './world.ts';

/** An event counts as delivered with the rest when it is delivered so soon. */
const USUAL_LAG_MS = 30 * SECOND_MS;
const MOST_IN_FLIGHT = 10;
const LONGEST_PROBE_INTERVAL_MS = 15 * MINUTE_MS;

const slowEndpointReturns: Scenario = {
  title: 'an endpoint that answers in 2.5 s, with 40 events a minute, is back after 30 minutes',
  state: 'slow, back after an outage',
  async measure({ size, seed }) {
    const downAtMs = 5 * MINUTE_MS;
    const backAtMs = downAtMs + 30 * MINUTE_MS;
    // The longest probe interval, a sweep, and the drain at ten requests in 2.5 s.
    const boundMs = LONGEST_PROBE_INTERVAL_MS + MINUTE_MS + 9 * MINUTE_MS;
    const endAtMs = backAtMs + (size === 'full' ? 3 * HOUR_MS : boundMs + MINUTE_MS);
    const world = new World({
      seed,
      endpoints: (startMs) => ({
        slow: {
          isProven: false,
          behaves: between(startMs + downAtMs, startMs + backAtMs, refusesConnections, answers(2_500)),
        },
      }),
    });
    world.steadyLoad(1_500, Number.POSITIVE_INFINITY);
    await runWhileFailing(world, 'slow', backAtMs);
    const reachedAtMs = await world.runUntil(endAtMs, world.backlogDrained('slow', USUAL_LAG_MS));
    return [
      within('backlog gone after its return', reachedAtMs - backAtMs, boundMs),
      atMost('most requests in flight', world.mostInFlight('slow'), MOST_IN_FLIGHT),
      startsGently(world, 'slow', backAtMs),
    ];
  },
};

const quickEndpointReturns: Scenario = {
  title:
    'an endpoint that answers in 100 ms is back with a backlog of 10,000 (2,500 in the test), with 5 new events a second',
  state: 'quick, back after an outage',
  async measure({ size, seed }) {
    const downAtMs = 10 * SECOND_MS;
    const backAtMs = 150 * SECOND_MS;
    // About 700 events come while it is down.
    const [count, boundMs] = size === 'full' ? [9_300, 20 * MINUTE_MS] : [1_800, 5 * MINUTE_MS];
    const endAtMs = backAtMs + (size === 'full' ? 3 * HOUR_MS : boundMs + MINUTE_MS);
    const world = new World({
      seed,
      endpoints: (startMs) => ({
        quick: {
          behaves: between(startMs + downAtMs, startMs + backAtMs, refusesConnections, answers(100)),
        },
      }),
    });
    world.steadyLoad(200, Number.POSITIVE_INFINITY);
    await world.runUntil(MINUTE_MS, () => false);
    const orderOf = (index: number) => `parked-${index}`;
    const reason = 'endpoint-failing';
    const parked = await putParkedDeliveries(world, 'quick', { count, orderOf, reason });
    await runWhileFailing(world, 'quick', backAtMs);
    const isCaughtUp = world.backlogDrained('quick', USUAL_LAG_MS);
    const hasAll = (events: readonly Accepted[]) =>
      events.every(({ eventId }) => world.receivers.deliveredTo('quick').has(eventId));
    const reachedAtMs = await world.runUntil(endAtMs, () => isCaughtUp() && hasAll(parked));
    const provenAtMs = firstSuccessSince(world, 'quick', backAtMs) + MINUTE_MS;
    const isNew = ({ atMs }: Accepted) => atMs - world.startedAtMs > provenAtMs;
    return [
      within('backlog gone after its return', reachedAtMs - backAtMs, boundMs),
      within(
        'first attempt of new events, from a minute after its first success, p99',
        percentile(world.firstAttemptsMs('quick', isNew), 0.99),
        10 * SECOND_MS,
      ),
      atMost('most requests of deliver in flight', world.mostInFlight('quick'), MOST_IN_FLIGHT),
      startsGently(world, 'quick', backAtMs),
    ];
  },
};

const strictHeadIsProbed: Scenario = {
  title: 'a strict endpoint, whose circuit the heads of five orders opened, is back after 20 minutes',
  state: 'strict, back after an outage',
  async measure({ size, seed }) {
    // Each head fails four times, so that its own next attempt is two hours away when the circuit opens.
    const openedBeforeMs = 45 * MINUTE_MS;
    const backAtMs = openedBeforeMs + 20 * MINUTE_MS;
    const boundMs = LONGEST_PROBE_INTERVAL_MS + MINUTE_MS + MINUTE_MS;
    const endAtMs = backAtMs + (size === 'full' ? 6 * HOUR_MS : boundMs + MINUTE_MS);
    const world = new World({
      seed,
      endpoints: (startMs) => ({
        strict: {
          row: { ordering: 'strict' },
          behaves: between(
            startMs,
            startMs + backAtMs,
            ({ orderId }) => ({ afterMs: 50, status: orderId.startsWith('stuck') ? 503 : 200 }),
            answers(100),
          ),
        },
      }),
    });
    // Other orders succeed until the last attempts of the heads, so that the circuit stays closed until then.
    world.steadyLoad(5 * SECOND_MS, world.startedAtMs + 35 * MINUTE_MS);
    for (let order = 1; order <= 5; order++)
      for (const minute of [0, 1, 46, 47, 48, 49])
        world.at(order * 20 * SECOND_MS + minute * MINUTE_MS, () => world.webhook(`stuck-${order}`));
    await runWhileFailing(world, 'strict', backAtMs);
    const succeeded = () => firstSuccessSince(world, 'strict', backAtMs) < Number.POSITIVE_INFINITY;
    await world.runUntil(endAtMs, succeeded);
    const succeededAtMs = firstSuccessSince(world, 'strict', backAtMs);
    const isAllDone = world.backlogDrained('strict', 0);
    const doneAtMs = await world.runUntil(
      Math.min(endAtMs, succeededAtMs + HOUR_MS),
      () => succeeded() && isAllDone(),
    );
    return [
      within('first success after its return', succeededAtMs - backAtMs, boundMs),
      within('backlog gone after its return', doneAtMs - backAtMs, boundMs + 5 * MINUTE_MS),
    ];
  },
};

const briefOutage: Scenario = {
  title: 'an endpoint that answers in 100 ms, with 6 events a minute, is back after 5 minutes',
  state: 'failing',
  async measure({ size, seed }) {
    const downAtMs = MINUTE_MS;
    const backAtMs = downAtMs + 5 * MINUTE_MS;
    // Probes go after 1, 3 and 7 minutes; sweep adds at most a minute to each interval.
    const boundMs = 5 * MINUTE_MS;
    const endAtMs = backAtMs + (size === 'full' ? HOUR_MS : boundMs + 3 * MINUTE_MS);
    const world = new World({
      seed,
      endpoints: (startMs) => ({
        failing: {
          behaves: between(startMs + downAtMs, startMs + backAtMs, refusesConnections, answers(100)),
        },
      }),
    });
    world.steadyLoad(10 * SECOND_MS, Number.POSITIVE_INFINITY);
    await runWhileFailing(world, 'failing', backAtMs);
    const reachedAtMs = await world.runUntil(endAtMs, world.backlogDrained('failing', USUAL_LAG_MS));
    return [
      within('backlog gone after its return', reachedAtMs - backAtMs, boundMs + 2 * MINUTE_MS),
      within(
        'first success after its return',
        firstSuccessSince(world, 'failing', backAtMs) - backAtMs,
        boundMs,
      ),
      startsGently(world, 'failing', backAtMs),
    ];
  },
};

/** Runs until the endpoint is back, and makes sure that its circuit is open then: else a scenario shows nothing. */
async function runWhileFailing(world: World, endpointId: string, backAtMs: number): Promise<void> {
  await world.runUntil(backAtMs, () => false);
  const row = (await world.configTable.rows('health')).find(({ id }) => id === endpointId);
  if (row?.attributes.state === 'open' || row?.attributes.state === 'failing') return;
  throw new Error(`the circuit of ${endpointId} is not open when it is back`);
}

/** In milliseconds since the world began; infinity when there was none. */
function firstSuccessSince(world: World, endpointId: string, sinceMs: number): number {
  const first = world.receivers
    .requestsTo(endpointId)
    .find((request) => isSuccess(request) && request.startedAtMs - world.startedAtMs >= sinceMs);
  return first?.endedAtMs === undefined ? Number.POSITIVE_INFINITY : first.endedAtMs - world.startedAtMs;
}

function isSuccess({ status }: Request): boolean {
  return status !== undefined && status < 300;
}

/**
 * One request in flight, and after each success one more at the most: that is what doubling from one comes to. The figure
 * is the largest excess over that.
 */
function startsGently(world: World, endpointId: string, backAtMs: number): Figure {
  const requests = world.receivers
    .requestsTo(endpointId)
    .filter(({ by, startedAtMs }) => by === 'deliver' && startedAtMs - world.startedAtMs >= backAtMs);
  const endedMs = requests.filter(isSuccess).map(({ endedAtMs = Number.POSITIVE_INFINITY }) => endedAtMs);
  const excess = requests
    .slice(0, 200)
    .map(({ inFlight, startedAtMs }) => inFlight - 1 - endedMs.filter((at) => at <= startedAtMs).length);
  return atMost('requests in flight beyond a doubling from one', Math.max(0, ...excess), 0);
}

export const outage: readonly Scenario[] = [
  briefOutage,
  slowEndpointReturns,
  quickEndpointReturns,
  strictHeadIsProbed,
];
