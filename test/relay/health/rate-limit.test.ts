import { describe, expect, it } from 'vitest';
import { deliver } from '../../../lib/relay/deliver/deliver.ts';
import { after } from '../../../lib/relay/model/clock.ts';
import type { DeliveryKey } from '../../../lib/relay/model/delivery.ts';
import { sweep } from '../../../lib/relay/sweep/sweep.ts';
import { aRelay, everythingIsWaiting, OK } from '../a-relay.ts';
import { whileTimePasses } from '../while-time-passes.ts';
import { type ARelay, fannedOut } from './an-open-circuit.ts';

/** Every interval of the tests is a multiple of it, so no timer fires late. */
const STEP_MS = 25;

/** A relay with events of as many orders for an endpoint with a rate limit, and the moments of its requests. */
async function withEvents(count: number, attributes: Record<string, unknown>) {
  const relay = aRelay();
  relay.endpoint('erp', { ordering: 'none', ...attributes });
  const events = await fannedOut(relay, count);
  const startMs = relay.clock.monotonicMs();
  const sentAtMs: number[] = [];
  relay.sender.answers.set('erp', async () => {
    sentAtMs.push(relay.clock.monotonicMs() - startMs);
    return OK;
  });
  return { relay, events, sentAtMs };
}

interface Driving {
  /** How long a message lies on its queue once it is visible. */
  readonly latencyMs?: number;
  readonly stepMs?: number;
}

/** Time passes in small steps, with a sweep every minute; three functions receive the messages in turn. */
async function drive(relay: ARelay, forMs: number, { latencyMs = 0, stepMs = STEP_MS }: Driving = {}) {
  const functions = [relay.another(), relay.another(), relay.another()] as const;
  const waiting: { readonly keys: DeliveryKey[]; readonly atMs: number }[] = [];
  const running: Promise<unknown>[] = [];
  for (let passedMs = 0; passedMs < forMs; passedMs += stepMs) {
    relay.clock.advance(stepMs);
    if (passedMs % 60_000 === 0) await sweep(relay.another(), relay.deadline());
    waiting.push({ keys: relay.deliveryQueue.take(), atMs: passedMs + latencyMs });
    while (waiting[0] !== undefined && waiting[0].atMs <= passedMs) {
      const { keys } = waiting.shift() ?? { keys: [] };
      for (const [index, each] of functions.entries()) {
        const mine = keys.filter((_, n) => n % functions.length === index);
        if (mine.length > 0) running.push(deliver(each, mine, relay.deadline()));
      }
    }
    await everythingIsWaiting();
  }
  await whileTimePasses(relay, Promise.all(running), stepMs);
}

const gapsOf = (sentAtMs: readonly number[]) => sentAtMs.slice(1).map((at, n) => at - (sentAtMs[n] ?? at));

describe('an endpoint with a rate limit', () => {
  it('gets nothing from fan-out, which cannot keep to the limit', async () => {
    const { relay } = await withEvents(3, { rateLimitPerSecond: 100 });

    expect(relay.sender.requests).toEqual([]);
    expect(relay.deliveryQueue.take()).toHaveLength(3);
  });

  it('gets its requests one interval apart within a service', async () => {
    const { relay, sentAtMs } = await withEvents(4, { rateLimitPerSecond: 2 });

    await whileTimePasses(relay, relay.deliver(), 10);

    expect(sentAtMs).toEqual([0, 500, 1_000, 1_500]);
  });

  it.each([
    { rateLimitPerSecond: 2, intervalMs: 500, events: 60, forMs: 60_000 },
    { rateLimitPerSecond: 8, intervalMs: 125, events: 150, forMs: 60_000 },
    { rateLimitPerSecond: 0.2, intervalMs: 5_000, events: 10, forMs: 180_000 },
  ])(
    'gets no two requests closer than $intervalMs ms from any number of functions',
    async ({ rateLimitPerSecond, intervalMs, events, forMs }) => {
      const { relay, sentAtMs } = await withEvents(events, { rateLimitPerSecond });

      await drive(relay, forMs);

      expect(sentAtMs).toHaveLength(events);
      expect(Math.min(...gapsOf(sentAtMs))).toBeGreaterThanOrEqual(intervalMs);
    },
  );

  it('gets its limit’s worth of requests, whatever the queue adds to a delay', async () => {
    const { relay, sentAtMs } = await withEvents(60, { rateLimitPerSecond: 2 });

    await drive(relay, 60_000, { latencyMs: 900 });

    expect(sentAtMs).toHaveLength(60);
    expect(((sentAtMs.at(-1) ?? 0) - (sentAtMs[0] ?? 0)) / 1_000).toBeLessThanOrEqual(35);
  });

  it('keeps the limit although one request takes longer to answer than the next', async () => {
    const { relay, sentAtMs } = await withEvents(8, { rateLimitPerSecond: 2 });
    relay.sender.answers.set('erp', async () => {
      sentAtMs.push(relay.clock.monotonicMs());
      await relay.clock.sleep(sentAtMs.length % 2 === 0 ? 900 : 100);
      return OK;
    });

    await whileTimePasses(relay, relay.deliver(), 10);

    expect(sentAtMs).toHaveLength(8);
    expect(Math.min(...gapsOf(sentAtMs))).toBeGreaterThanOrEqual(500);
  });

  it('counts no attempt for waiting', async () => {
    const { relay } = await withEvents(30, { rateLimitPerSecond: 1 });

    await drive(relay, 5_000);

    const rows = await Promise.all((await relay.owed('erp')).map(({ orderKey }) => relay.rows(orderKey)));
    expect(rows.length).toBeGreaterThan(10);
    for (const row of rows.flat())
      expect(row).toMatchObject({ state: 'pending', attemptCount: 0, attempts: [] });
  });

  it('gets one request a service when the interval is longer than a service', async () => {
    const { relay, sentAtMs } = await withEvents(3, { rateLimitPerSecond: 0.01 });

    await relay.deliver();

    expect(sentAtMs).toEqual([0]);
    relay.clock.advance(99_999);
    expect(relay.deliveryQueue.take()).toEqual([]);
    relay.clock.advance(1);
    expect(relay.deliveryQueue.take()).toMatchObject([{ delaySeconds: 100 }]);
  });

  it('gets all of a burst at such a limit', async () => {
    const { relay, sentAtMs } = await withEvents(12, { rateLimitPerSecond: 0.01 });

    await drive(relay, 25 * 60_000, { stepMs: 250 });

    expect(sentAtMs).toHaveLength(12);
    expect(Math.min(...gapsOf(sentAtMs))).toBeGreaterThanOrEqual(100_000);
  });

  it('leaves a delivery that gets no turn to a later service, and its lock to others', async () => {
    const { relay } = await withEvents(2, { rateLimitPerSecond: 0.01 });

    await relay.deliver();

    const health = await relay.healthOf('erp');
    expect(health).not.toHaveProperty('lockId');
    expect(health).toHaveProperty('nextSendAt');
    expect(await relay.owed('erp')).toMatchObject([{ dueAt: after(relay.clock.now(), -2_000) }]);
  });
});

describe('a rate limit with intervals of ten seconds', () => {
  it('sends at the rate limit while new events arrive', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none', rateLimitPerSecond: 0.1 });
    const sentAt: number[] = [];
    const startMs = relay.clock.monotonicMs();
    relay.sender.answers.set('erp', async () => {
      sentAt.push((relay.clock.monotonicMs() - startMs) / 1000);
      return OK;
    });
    const running: Promise<unknown>[] = [];
    for (let second = 0; second < 300; second++) {
      await relay.accepted({ Id: `o${second}` });
      await relay.fanOut();
      const keys = relay.deliveryQueue.take();
      if (keys.length > 0) running.push(deliver(relay.another(), keys, relay.deadline()));
      await everythingIsWaiting();
      relay.clock.advance(999);
    }
    expect(sentAt.length).toBeGreaterThan(20);
    await whileTimePasses(relay, Promise.all(running));
  });
});
