import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ProcessExpressions } from '../../../lib/node/expressions/process-expressions.ts';
import { fanOut } from '../../../lib/relay/fan-out/fan-out.ts';
import { aRelay } from '../../relay/a-relay.ts';
import { FakeEvaluator } from './an-evaluator.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A relay whose fan-out evaluates expressions as the functions do. */
function aRelayWith(filters: Readonly<Record<string, string>>) {
  const relay = aRelay();
  for (const [id, filter] of Object.entries(filters)) relay.endpoint(id, { filter });
  const expressions = new ProcessExpressions({ startEvaluator: () => new FakeEvaluator() });
  return {
    relay,
    /** The outcomes of one event, and how long its fan-out took. */
    async outcomesOfOne() {
      const eventId = await relay.accepted();
      const startedMs = performance.now();
      const running = fanOut({ ...relay.relay, expressions }, relay.eventQueue.take()).then(() =>
        performance.now(),
      );
      await vi.advanceTimersByTimeAsync(60_000);
      return { outcomes: await relay.outcomes(eventId), tookMs: (await running) - startedMs };
    },
  };
}

const QUICK = { wants: 'quick', refuses: 'quick, refuses' };
const DECIDED = { wants: 'delivered 200 in 0 ms', refuses: 'skipped: refused by the filter' };
const many = (count: number, filter: string) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`a-${n}`, `${filter} of ${n}`]));

describe('fan-out of an event to endpoints with slow and with quick filters', () => {
  it.each<[string, Readonly<Record<string, string>>]>([
    ['a filter that never ends', { a: 'endless' }],
    ['a filter that takes all memory', { a: 'memory' }],
    ['ten filters that take 1.4 s', many(10, 'slow 1400')],
    ['ten filters that take too long', many(10, 'slow 5000')],
  ])('follows the quick filters, beside %s', async (_, slow) => {
    const { outcomesOfOne } = aRelayWith({ ...slow, ...QUICK });

    expect((await outcomesOfOne()).outcomes).toMatchObject(DECIDED);
  });

  it('leaves the event to deliver when filters that never end took the time', async () => {
    const { relay, outcomesOfOne } = aRelayWith({ ...many(10, 'endless'), ...QUICK });

    const { outcomes, tookMs } = await outcomesOfOne();

    expect(outcomes).toMatchObject({ wants: 'pending', refuses: 'pending' });
    expect(relay.sender.to('refuses')).toEqual([]);
    expect(tookMs).toBeLessThanOrEqual(6_000);
  });

  it('takes the time of one slow filter, and not of ten, once they are known to be slow', async () => {
    const { outcomesOfOne } = aRelayWith({ ...many(10, 'slow 1400'), ...QUICK });
    await outcomesOfOne();

    const { outcomes, tookMs } = await outcomesOfOne();

    expect(outcomes).toMatchObject(DECIDED);
    expect(tookMs).toBeLessThan(1_500);
  });
});
