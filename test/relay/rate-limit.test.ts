import { describe, expect, it, vi } from 'vitest';
import { deliver } from '../../lib/relay/deliver.ts';
import type { DeliveryKey } from '../../lib/relay/delivery.ts';
import { sweep } from '../../lib/relay/sweep.ts';
import { aRelay, everythingIsWaiting, OK } from './a-relay.ts';

type ARelay = ReturnType<typeof aRelay>;

const STEP_MS = 250;

/** A relay with events of as many orders for an endpoint with a rate limit. */
async function withEvents(count: number, attributes: Record<string, unknown>) {
  const relay = aRelay();
  relay.endpoint('erp', { ordering: 'none', ...attributes });
  for (let n = 0; n < count; n++) await relay.accepted({ Id: `o${n}` });
  await relay.fanOut();
  const sentAt: number[] = [];
  relay.sender.answers.set('erp', async () => {
    sentAt.push(relay.clock.now().getTime());
    return OK;
  });
  return { relay, sentAt };
}

interface Driving {
  readonly functions?: number;
  /** How long a message lies on its queue once it is visible. */
  readonly latencyMs?: number;
}

/** Time passes in small steps, with a sweep every minute and as many functions at work as it says. */
async function drive(relay: ARelay, forMs: number, { functions = 3, latencyMs = 0 }: Driving = {}) {
  const environments = Array.from({ length: functions }, () => relay.another());
  const waiting: { readonly keys: DeliveryKey[]; readonly atMs: number }[] = [];
  const running: Promise<void>[] = [];
  for (let passedMs = 0; passedMs < forMs; passedMs += STEP_MS) {
    relay.clock.advance(STEP_MS);
    if (passedMs % 60_000 === 0) await sweep(relay.another(), relay.deadline());
    waiting.push({ keys: relay.deliveryQueue.take(), atMs: passedMs + latencyMs });
    while (waiting[0] !== undefined && waiting[0].atMs <= passedMs) {
      const { keys } = waiting.shift() ?? { keys: [] };
      for (const [index, environment] of environments.entries()) {
        const mine = keys.filter((_, n) => n % functions === index);
        if (mine.length > 0) running.push(work(environment, mine));
      }
    }
    await everythingIsWaiting();
  }
  relay.clock.advance(10_000);
  await Promise.all(running);

  async function work(environment: ReturnType<ARelay['another']>, keys: DeliveryKey[]): Promise<void> {
    const returned = await deliver(environment, keys, relay.deadline());
    await relay.deliveryQueue.send(returned.map((key) => ({ ...key, delaySeconds: 1 })));
  }
}

/** The most that were sent in any span of so many milliseconds. */
function mostWithin(spanMs: number, sentAt: readonly number[]): number {
  return Math.max(...sentAt.map((from) => sentAt.filter((at) => at >= from && at < from + spanMs).length));
}

describe('an endpoint with a rate limit', () => {
  it('is never attempted by fan-out, which could not keep to it', async () => {
    const { relay } = await withEvents(3, { rateLimitPerSecond: 100 });

    expect(relay.sender.requests).toEqual([]);
    expect(relay.deliveryQueue.take()).toHaveLength(3);
  });

  it.each([
    { rateLimitPerSecond: 2, events: 60, forMs: 60_000 },
    { rateLimitPerSecond: 7, events: 150, forMs: 60_000 },
    { rateLimitPerSecond: 0.2, events: 10, forMs: 120_000 },
  ])(
    'gets no more than $rateLimitPerSecond a second, and a second’s worth more at most, from any number of functions',
    async ({ rateLimitPerSecond, events, forMs }) => {
      const { relay, sentAt } = await withEvents(events, { rateLimitPerSecond });

      await drive(relay, forMs);

      expect(sentAt).toHaveLength(events);
      for (const seconds of [1, 5, 20])
        expect(mostWithin(seconds * 1_000, sentAt)).toBeLessThanOrEqual(
          Math.ceil(rateLimitPerSecond * (seconds + 1)) + 1,
        );
    },
  );

  it('gets what it may: the limit is used, whatever the queue adds to a delay', async () => {
    const { relay, sentAt } = await withEvents(60, { rateLimitPerSecond: 2 });

    await drive(relay, 60_000, { latencyMs: 900 });

    const [first = 0, last = 0] = [sentAt[0], sentAt.at(-1)];
    expect(sentAt).toHaveLength(60);
    expect((last - first) / 1_000).toBeLessThanOrEqual(35);
  });

  it('gets no more than its limit though that is no whole number of milliseconds', async () => {
    const { relay } = await withEvents(50, { rateLimitPerSecond: 700 });
    const startMs = relay.clock.now().getTime();

    const running = relay.deliver();
    await everythingIsWaiting();
    const { nextSlotAt } = await relay.healthOf('erp');
    relay.clock.advance(1_000);
    await running;

    expect(Date.parse(String(nextSlotAt)) - startMs).toBeGreaterThanOrEqual((50 / 700) * 1_000);
  });

  it('counts no attempt for waiting, and says in the row what it waits for', async () => {
    const { relay } = await withEvents(30, { rateLimitPerSecond: 1 });

    await drive(relay, 5_000);

    const rows = await Promise.all((await relay.owed('erp')).map(({ orderKey }) => relay.rows(orderKey)));
    expect(rows.length).toBeGreaterThan(20);
    for (const [row] of rows)
      expect(row).toMatchObject({
        state: 'pending',
        attemptCount: 0,
        attempts: [],
        reason: 'waits its turn: rate limit',
        slotAt: expect.any(Date),
      });
  });

  it('is sent what waits less than a second within the same run', async () => {
    const { relay, sentAt } = await withEvents(3, { rateLimitPerSecond: 2 });
    const startMs = relay.clock.now().getTime();

    const running = relay.deliver();
    for (let steps = 0; steps < 4; steps++) {
      await everythingIsWaiting();
      relay.clock.advance(STEP_MS);
    }
    await running;

    expect(sentAt.map((at) => at - startMs)).toEqual([0, 500, 1_000]);
  });

  it('has a wait of more than 15 minutes left to sweep, for no message can be delayed so long', async () => {
    const { relay } = await withEvents(12, { rateLimitPerSecond: 0.01 });
    const send = vi.spyOn(relay.deliveryQueue, 'send');

    await relay.deliver();

    const delays = send.mock.calls.flatMap(([messages]) => messages.map(({ delaySeconds }) => delaySeconds));
    expect(delays).toHaveLength(9);
    expect(Math.max(...delays)).toBeLessThanOrEqual(900);
    expect(await relay.owed('erp')).toHaveLength(11);
    await drive(relay, 25 * 60_000);
    expect(relay.sender.requests).toHaveLength(12);
  });

  it('is sent all of a burst that takes longer than that, at the limit throughout', async () => {
    const { relay, sentAt } = await withEvents(200, { rateLimitPerSecond: 0.1 });

    await drive(relay, 2_600_000);

    expect(sentAt).toHaveLength(200);
  });

  it('takes a new moment for a delivery that missed its own', async () => {
    const { relay, sentAt } = await withEvents(4, { rateLimitPerSecond: 0.5 });
    await relay.deliver();
    relay.minutes(10);

    await drive(relay, 20_000);

    expect(sentAt).toHaveLength(4);
    expect(mostWithin(1_500, sentAt)).toBe(1);
  });
});
