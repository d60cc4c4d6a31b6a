/** One endpoint in a state of its own: limited, removed, resumed, new, slow, or well. */
import { type EventId, eventTime } from '../../../lib/relay/model/ids.ts';
import { atMost, HOUR_MS, MINUTE_MS, percentile, SECOND_MS, within } from './figures.ts';
import { answers, between, onePerSecond, type Request } from './receivers.ts';
import { putParkedDeliveries } from './rows.ts';
import type { Scenario } from './scenario.ts';
import { World } from './world.ts';

const MOST_IN_FLIGHT = 10;

const rateLimited: Scenario = {
  title: '600 deliveries at 5 a second, beside three endpoints that answer in 8 s and get 20 events a minute',
  state: 'rate limited',
  async measure({ size, seed }) {
    const boundMs = 240 * SECOND_MS;
    const slow = { isProven: false, row: { sources: ['busy'] }, behaves: answers(8_000) };
    const world = new World({
      seed,
      doClocksAgree: true,
      sources: ['main', 'busy'],
      endpoints: () => ({
        limited: { row: { sources: ['main'], rateLimitPerSecond: 5 }, behaves: answers(100) },
        'slow-1': slow,
        'slow-2': slow,
        'slow-3': slow,
      }),
    });
    world.steadyLoad(3 * SECOND_MS, Number.POSITIVE_INFINITY, 'busy');
    await world.runUntil(2 * MINUTE_MS, () => false);
    const startMs = world.elapsedMs;
    for (let index = 0; index < 600; index++)
      world.at(startMs + index * 10, () => world.webhook(`limited-${index}`));
    const isDone = () => world.receivers.deliveredTo('limited').size === 600;
    const endAtMs = startMs + (size === 'full' ? 2 * HOUR_MS : boundMs + MINUTE_MS);
    const doneAtMs = await world.runUntil(endAtMs, isDone);
    return [
      within('all delivered', doneAtMs - startMs, boundMs),
      atMost('most requests in one second', mostInOneSecond(world.receivers.requestsTo('limited')), 6),
    ];
  },
};

const busy: Scenario = {
  title: '31 deliveries to a chat that allows one request a second, and asks for a second otherwise',
  state: 'busy',
  async measure({ size, seed }) {
    const boundMs = 45 * SECOND_MS;
    const count = 31;
    const world = new World({
      seed,
      endpoints: () => ({
        chat: { row: { ordering: 'none', maxAttempts: 1 }, behaves: onePerSecond(100) },
        pager: { row: { sources: [], notices: true }, behaves: answers(50) },
      }),
    });
    await world.runUntil(2 * MINUTE_MS, () => false);
    const startMs = world.elapsedMs;
    for (let index = 0; index < count; index++)
      world.at(startMs + index * 10, () => world.webhook(`order-${index}`));
    const isDone = () => world.receivers.deliveredTo('chat').size === count;
    const endAtMs = startMs + (size === 'full' ? 2 * HOUR_MS : boundMs + MINUTE_MS);
    const doneAtMs = await world.runUntil(endAtMs, isDone);
    await world.runFor(10 * MINUTE_MS);
    const requests = world.receivers.requestsTo('chat');
    const refused = requests.filter(({ status }) => status === 429).length;
    return [
      within('all delivered', doneAtMs - startMs, boundMs),
      atMost('answers with 429', refused, 2 * count),
      atMost('notices', world.receivers.requestsTo('pager').length, 0),
    ];
  },
};

const removed: Scenario = {
  title: 'an endpoint that is owed 20,000 deliveries is removed (2,000 in the test)',
  state: 'removed',
  async measure({ size, seed }) {
    const [count, boundMs] = size === 'full' ? [20_000, 10 * MINUTE_MS] : [2_000, 1.5 * MINUTE_MS];
    const world = new World({
      seed,
      endpoints: () => ({ gone: { row: { state: 'paused' }, behaves: answers(100) } }),
    });
    const orderOf = (index: number) => `order-${index}`;
    await putParkedDeliveries(world, 'gone', { count, orderOf, reason: 'endpoint-paused' });
    await world.runUntil(5 * MINUTE_MS, () => false);
    const removedAtMs = world.elapsedMs;
    await world.configTable.remove('endpoint', 'gone');
    const endAtMs = removedAtMs + (size === 'full' ? 6 * HOUR_MS : boundMs + MINUTE_MS);
    const doneAtMs = await world.runUntil(endAtMs, async () => (await world.owedTo('gone', 1)) === 0);
    return [
      within('all cancelled', doneAtMs - removedAtMs, boundMs),
      atMost('not under attention', count - (await world.owedTo('attention#gone')), 0),
      atMost('requests to it', world.receivers.requestsTo('gone').length, 0),
    ];
  },
};

const resumed: Scenario = {
  title: 'a paused endpoint with 1,000 parked deliveries of 100 orders is resumed',
  state: 'paused, then resumed',
  async measure({ size, seed }) {
    const boundMs = 5 * MINUTE_MS;
    const world = new World({
      seed,
      endpoints: () => ({ paused: { row: { state: 'paused' }, behaves: answers(300) } }),
    });
    const orderOf = (index: number) => `order-${index % 100}`;
    const parked = await putParkedDeliveries(world, 'paused', {
      count: 1_000,
      orderOf,
      reason: 'endpoint-paused',
    });
    const newest = new Set(parked.slice(-100).map(({ eventId }) => eventId));
    await world.runUntil(5 * MINUTE_MS, () => false);
    const resumedAtMs = world.elapsedMs;
    world.change('paused', { state: 'enabled' });
    const endAtMs = resumedAtMs + (size === 'full' ? 6 * HOUR_MS : boundMs + MINUTE_MS);
    const doneAtMs = await world.runUntil(endAtMs, async () => (await world.owedTo('paused', 1)) === 0);
    const requests = world.receivers.requestsTo('paused');
    const delivered = world.receivers.deliveredTo('paused');
    return [
      within('nothing owed any more', doneAtMs - resumedAtMs, boundMs),
      atMost('orders without their newest event', [...newest].filter((id) => !delivered.has(id)).length, 0),
      atMost(
        'requests for older events',
        requests.filter(({ eventId }) => !newest.has(eventId as EventId)).length,
        0,
      ),
      atMost('most requests in flight', world.mostInFlight('paused'), MOST_IN_FLIGHT),
    ];
  },
};

const strictResumed: Scenario = {
  title: 'a paused strict endpoint with 60 parked deliveries of one order is resumed',
  state: 'strict, paused, then resumed',
  async measure({ seed }) {
    const boundMs = 3 * MINUTE_MS;
    const world = new World({
      seed,
      endpoints: () => ({ strict: { row: { state: 'paused', ordering: 'strict' }, behaves: answers(300) } }),
    });
    const setup = { count: 60, orderOf: () => 'order', reason: 'endpoint-paused' as const };
    const parked = await putParkedDeliveries(world, 'strict', setup);
    await world.runUntil(MINUTE_MS, () => false);
    const resumedAtMs = world.elapsedMs;
    world.change('strict', { state: 'enabled' });
    const endAtMs = resumedAtMs + boundMs + MINUTE_MS;
    const doneAtMs = await world.runUntil(endAtMs, async () => (await world.owedTo('strict', 1)) === 0);
    const sent = world.receivers.requestsTo('strict').map(({ eventId }) => eventId);
    const outOfOrder = parked.filter(({ eventId }, index) => sent[index] !== eventId).length;
    return [
      within('nothing owed any more', doneAtMs - resumedAtMs, boundMs),
      atMost('events out of order', outOfOrder, 0),
    ];
  },
};

const unproven: Scenario = {
  title: 'a new endpoint that answers in 300 ms gets its first events',
  state: 'unproven',
  async measure({ seed }) {
    const world = new World({
      seed,
      endpoints: () => ({ added: { isProven: false, behaves: answers(300) } }),
    });
    world.steadyLoad(6 * SECOND_MS, Number.POSITIVE_INFINITY);
    await world.runUntil(5 * MINUTE_MS, () => false);
    const latenciesMs = world.firstAttemptsMs('added');
    return [
      within('first attempt of its first event', latenciesMs[0] ?? Number.POSITIVE_INFINITY, 5 * SECOND_MS),
      within('first attempt of the others, p99', percentile(latenciesMs.slice(1, -5), 0.99), 5 * SECOND_MS),
    ];
  },
};

const newInABurst: Scenario = {
  title: '400 events in four seconds to five new endpoints that answer in 50 ms',
  state: 'unproven, in a burst',
  async measure({ seed }) {
    const [added, proven] = [await burst(seed, false), await burst(seed, true)];
    return [
      within('all delivered, longer than to proven ones', added.doneAtMs - proven.doneAtMs, 2 * SECOND_MS),
      atMost('first attempts by deliver a second after the first answer', added.detours, 0),
      atMost('most requests in flight before the first answer', added.mostInFlight, MOST_IN_FLIGHT),
    ];
  },
};

/** Measures 400 events to five endpoints. A detour is a first attempt that fan-out left to deliver. */
async function burst(seed: number, isProven: boolean) {
  const ids = ['added-1', 'added-2', 'added-3', 'added-4', 'added-5'];
  const world = new World({
    seed,
    doClocksAgree: true,
    endpoints: () => Object.fromEntries(ids.map((id) => [id, { isProven, behaves: answers(50) }])),
  });
  for (let index = 0; index < 400; index++) world.at(index * 10, () => world.webhook(`order-${index}`));
  const isDone = () => ids.every((id) => world.receivers.deliveredTo(id).size === 400);
  await world.runUntil(2 * MINUTE_MS, isDone);
  const deliveredAtMs = ids.flatMap((id) => [...world.receivers.deliveredTo(id).values()]);
  const detours = ids.flatMap((id) => {
    const requests = world.receivers.requestsTo(id);
    const provenAtMs = Math.min(...requests.map(({ endedAtMs }) => endedAtMs ?? Number.POSITIVE_INFINITY));
    const acceptedAtMs = new Map(world.accepted.map(({ eventId, atMs }) => [eventId, atMs]));
    return requests.filter(
      ({ by, eventId }) =>
        by === 'deliver' && (acceptedAtMs.get(eventId as EventId) ?? 0) > provenAtMs + SECOND_MS,
    );
  });
  return {
    doneAtMs: isDone() ? Math.max(...deliveredAtMs) - world.startedAtMs : Number.POSITIVE_INFINITY,
    detours: detours.length,
    mostInFlight: Math.max(...ids.map((id) => world.mostInFlight(id))),
  };
}

const slow: Scenario = {
  title: 'an endpoint that answers in 2.5 s gets 40 events a minute',
  state: 'slow',
  async measure({ seed }) {
    const world = new World({
      seed,
      endpoints: () => ({ slow: { isProven: false, behaves: answers(2_500) } }),
    });
    world.steadyLoad(1_500, Number.POSITIVE_INFINITY);
    await world.runUntil(20 * MINUTE_MS, () => false);
    return [
      within(
        'first attempt, p99',
        percentile(world.firstAttemptsMs('slow').slice(0, -20), 0.99),
        10 * SECOND_MS,
      ),
      atMost('most requests in flight', world.mostInFlight('slow'), MOST_IN_FLIGHT),
    ];
  },
};

const oneFailure: Scenario = {
  title: 'a proven endpoint answers 503 once',
  state: 'ok',
  async measure({ seed }) {
    const failsAtMs = MINUTE_MS + 50;
    const world = new World({
      seed,
      endpoints: (startMs) => ({
        well: {
          behaves: between(startMs + failsAtMs, startMs + failsAtMs + 2_000, answers(50, 503), answers(100)),
        },
      }),
    });
    world.steadyLoad(3 * SECOND_MS, Number.POSITIVE_INFINITY);
    world.at(failsAtMs, () => world.webhook('unlucky'));
    await world.runUntil(10 * MINUTE_MS, () => false);
    const [first, second] = world.receivers.requestsTo('well').filter(({ orderId }) => orderId === 'unlucky');
    const retriedMs = (second?.startedAtMs ?? Number.POSITIVE_INFINITY) - (first?.endedAtMs ?? 0);
    return [
      within('retry', retriedMs, 8 * SECOND_MS),
      { what: 'retry', measured: retriedMs / 1000, bound: 5, is: 'at least', unit: 's' },
      within(
        'first attempt, p99',
        percentile(world.firstAttemptsMs('well').slice(0, -2), 0.99),
        2 * SECOND_MS,
      ),
    ];
  },
};

const lostMessages: Scenario = {
  title: 'the message of an event, or of a retry, is lost',
  state: 'ok, a message is lost',
  async measure({ seed }) {
    // A minute of sweep may have just begun, and clocks differ by two seconds.
    const boundMs = 3 * MINUTE_MS + 5 * SECOND_MS;
    const world = new World({
      seed,
      endpoints: () => ({
        well: {
          behaves: ({ orderId, count }) =>
            orderId === 'retried' && count === 1
              ? { afterMs: 50, status: 503 }
              : { afterMs: 100, status: 200 },
        },
      }),
    });
    let losesEvents = false;
    world.deliveries.loses = () => world.elapsedMs < 30 * SECOND_MS;
    world.events.loses = () => losesEvents;
    world.at(10 * SECOND_MS, () => world.webhook('retried'));
    world.at(40 * SECOND_MS, () => {
      losesEvents = true;
      world.webhook('lost');
    });
    world.at(41 * SECOND_MS, () => {
      losesEvents = false;
    });
    const delivered = world.receivers;
    await world.runUntil(30 * MINUTE_MS, () => delivered.deliveredTo('well').size === 2);
    const [lost, retried] = ['lost', 'retried'].map((orderId) => {
      const { eventId = '' } = world.accepted.find((event) => event.orderId === orderId) ?? {};
      const deliveredAtMs = delivered.deliveredTo('well').get(eventId) ?? Number.POSITIVE_INFINITY;
      return eventId === ''
        ? Number.POSITIVE_INFINITY
        : deliveredAtMs - eventTime(eventId as EventId).getTime();
    });
    return [
      within('event whose message was lost', lost ?? Number.POSITIVE_INFINITY, boundMs),
      within('retry whose message was lost', retried ?? Number.POSITIVE_INFINITY, boundMs),
    ];
  },
};

/** In any second, wherever it begins. */
function mostInOneSecond(requests: readonly Request[]): number {
  const startsMs = requests.map(({ startedAtMs }) => startedAtMs);
  let from = 0;
  let most = 0;
  for (const [index, startMs] of startsMs.entries()) {
    while ((startsMs[from] ?? startMs) <= startMs - SECOND_MS) from += 1;
    most = Math.max(most, index - from + 1);
  }
  return most;
}

export const endpoints: readonly Scenario[] = [
  oneFailure,
  lostMessages,
  unproven,
  newInABurst,
  slow,
  rateLimited,
  busy,
  resumed,
  strictResumed,
  removed,
];
