/** Endpoints and orders that are in trouble, beside others that are not. */

import { sourceIdSchema } from '../../../lib/relay/endpoint/source.ts';
import { eventTime, orderKeyOf } from '../../../lib/relay/model/ids.ts';
import { type Figure, MINUTE_MS, percentile, SECOND_MS, within } from './figures.ts';
import { answers, type Behaviour, between, failsOneIn, hangs, type Request } from './receivers.ts';
import { putOverdueEvents } from './rows.ts';
import type { Run, Scenario } from './scenario.ts';
import { World } from './world.ts';

/** The schedule's delays after the first attempts, with all of their jitter. */
const RETRY_AFTER_MS = [5_000, 5 * MINUTE_MS, 30 * MINUTE_MS].map((delayMs) => 1.1 * delayMs);

const fairness: Scenario = {
  title: 'ten endpoints, of which three begin to hang and two to fail, with an event a second',
  state: 'ok, beside endpoints that hang and fail',
  measure: (run) => measureFairness(run, hangs),
};

const fairnessBesideSlow: Scenario = {
  title: 'ten endpoints, of which three begin to answer in 25 s and two to fail, with an event a second',
  state: 'ok, beside endpoints that are slow and fail',
  measure: (run) => measureFairness(run, answers(25_000)),
};

async function measureFairness({ seed }: Run, trouble: Behaviour): Promise<Figure[]> {
  const troubleAtMs = MINUTE_MS;
  const world = new World({
    seed,
    endpoints: (startMs) => {
      const inTime = (behaves: Behaviour) =>
        between(startMs + troubleAtMs, Number.POSITIVE_INFINITY, behaves, answers(100));
      const troubled = { row: { timeoutSeconds: 30 }, behaves: inTime(trouble) };
      const failing = { behaves: inTime(answers(50, 503)) };
      const good = { behaves: answers(100) };
      return {
        'trouble-1': troubled,
        'trouble-2': troubled,
        'trouble-3': troubled,
        'fails-1': failing,
        'fails-2': failing,
        'good-1': good,
        'good-2': good,
        'good-3': good,
        'good-4': good,
        flaky: { behaves: failsOneIn(20, answers(100)) },
      };
    },
  });
  world.steadyLoad(SECOND_MS, world.startedAtMs + 10 * MINUTE_MS);
  await world.runUntil(12 * MINUTE_MS, () => false);
  const good = ['good-1', 'good-2', 'good-3', 'good-4', 'flaky'];
  const latenciesMs = good.flatMap((id) => world.firstAttemptsMs(id));
  return [
    within('first attempt at the others, p99', percentile(latenciesMs, 0.99), 6 * SECOND_MS),
    within(
      'longest that a retry of the flaky one was late',
      Math.max(...latenessMs(world.receivers.requestsTo('flaky'), world.nowMs)),
      30 * SECOND_MS,
    ),
  ];
}

/** How late each retry came, counted from the end of the attempt before it. */
function latenessMs(requests: readonly Request[], nowMs: number): number[] {
  const ofEvents = Map.groupBy(requests, ({ eventId }) => eventId);
  return [...ofEvents.values()].flatMap((attempts) =>
    attempts.flatMap(({ status, endedAtMs }, index) => {
      const delayMs = RETRY_AFTER_MS[index];
      if (status === 200 || endedAtMs === undefined || delayMs === undefined) return [];
      const nextAtMs = attempts[index + 1]?.startedAtMs ?? nowMs;
      return [Math.max(0, nextAtMs - endedAtMs - delayMs)];
    }),
  );
}

const orderBacklog: Scenario = {
  title: 'one order has 200 events for an endpoint that answers in 5 s, and nine orders share its batch',
  state: 'ok, beside the backlog of one order',
  measure: (run) => measureOrderBacklog(run, 5_000),
};

const quickOrderBacklog: Scenario = {
  title: 'one order has 200 events for an endpoint that answers in 1.9 s, and nine orders share its batch',
  state: 'ok, beside the backlog of one order',
  measure: (run) => measureOrderBacklog(run, 1_900),
};

async function measureOrderBacklog({ seed }: Run, answersInMs: number): Promise<Figure[]> {
  const boundMs = 20 * SECOND_MS;
  const world = new World({
    seed,
    endpoints: () => ({ slow: { row: { ordering: 'none' }, behaves: answers(answersInMs) } }),
  });
  const source = sourceIdSchema.parse('main');
  const others = Array.from({ length: 9 }, (_, index) => `other-${index}`);
  const [first] = await putOverdueEvents(world, { count: 200, orderOf: () => 'long' });
  const beside = await putOverdueEvents(world, { count: 9, orderOf: (index) => others[index] ?? '' });
  world.events.isOpen = false;
  for (const event of first === undefined ? [] : [first, ...beside])
    world.events.put({ orderKey: event.orderKey, eventId: event.eventId }, event.orderKey, 0);
  world.events.open();
  await world.runFor(3 * SECOND_MS);
  for (const order of others) world.webhook(order);
  await world.runFor(5 * MINUTE_MS);
  const latenciesMs = await Promise.all(
    world.accepted.map(async ({ eventId, orderId, atMs }) => {
      const event = await world.eventLog.event({ orderKey: orderKeyOf(source, orderId), eventId });
      const fannedOutAtMs = event?.fannedOutAt?.getTime() ?? Number.POSITIVE_INFINITY;
      return fannedOutAtMs - Math.min(atMs, eventTime(eventId).getTime());
    }),
  );
  return [within('next event of the other orders fanned out', Math.max(...latenciesMs), boundMs)];
}

export const isolation: readonly Scenario[] = [fairness, fairnessBesideSlow, orderBacklog, quickOrderBacklog];
