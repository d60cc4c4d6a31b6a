import { describe, expect, it } from 'vitest';
import { Kept } from '../../lib/relay/secrets/ttl-cache.ts';
import { MemoryClock } from '../memory/clock.ts';

const FAILURES_KEPT_MS = 2_000;

/** Values 1, 2, 3 …, each good for a minute, which are there when a test says so. */
function aSource() {
  const clock = new MemoryClock();
  const kept = new Kept<number>(clock, FAILURES_KEPT_MS);
  const asked: { timeoutMs: number; answer(): void; fail(): void }[] = [];
  const fetch = (timeoutMs: number) =>
    new Promise<{ value: number; keptMs: number }>((resolve, reject) => {
      const value = asked.length + 1;
      asked.push({
        timeoutMs,
        answer: () => resolve({ value, keptMs: 60_000 }),
        fail: () => reject(new Error(`no ${value}`)),
      });
    });
  return {
    clock,
    kept,
    asked,
    get: (limitMs = 10_000, key = 'key') => kept.get(key, clock.monotonicMs() + limitMs, fetch),
    async had(limitMs?: number): Promise<number> {
      const value = this.get(limitMs);
      asked.at(-1)?.answer();
      return value;
    },
  };
}

describe('a kept value', () => {
  it('is had once by all who want it at the same time', async () => {
    const source = aSource();

    const values = [source.get(), source.get(), source.get(11_000)];
    source.asked[0]?.answer();

    expect(await Promise.all(values)).toEqual([1, 1, 1]);
    expect(source.asked).toMatchObject([{ timeoutMs: 10_000 }]);
  });

  it('is not waited for by those who have less time than having it may take', async () => {
    const source = aSource();

    const slow = source.get(10_000);
    const quick = source.get(1_000);
    source.asked[1]?.answer();

    expect(await quick).toBe(2);
    expect(source.asked).toMatchObject([{ timeoutMs: 10_000 }, { timeoutMs: 1_000 }]);
    source.asked[0]?.answer();
    expect(await slow).toBe(1);
  });

  it('is kept for as long as it is good', async () => {
    const source = aSource();
    expect(await source.had()).toBe(1);

    source.clock.advance(59_999);
    expect(await source.had()).toBe(1);
    source.clock.advance(1);
    expect(await source.had()).toBe(2);
  });

  it('is another one under another key', async () => {
    const source = aSource();
    await source.had();

    const other = source.get(10_000, 'other');
    source.asked[1]?.answer();

    expect(await other).toBe(2);
  });

  it('is had anew once it is forgotten, but not when it is younger than that', async () => {
    const source = aSource();
    await source.had();
    source.clock.advance(4_999);

    source.kept.forget('key', 5_000);
    expect(await source.had()).toBe(1);
    source.clock.advance(1);
    source.kept.forget('key', 5_000);
    expect(await source.had()).toBe(2);
  });

  it('is not forgotten while it is being had', async () => {
    const source = aSource();

    const value = source.get();
    source.kept.forget('key');
    const same = source.get();
    source.asked[0]?.answer();

    expect(await Promise.all([value, same])).toEqual([1, 1]);
  });

  it('that could not be had is not asked for again at once, but soon', async () => {
    const source = aSource();
    const failed = source.get();
    source.asked[0]?.fail();
    await expect(failed).rejects.toThrow('no 1');

    source.clock.advance(FAILURES_KEPT_MS - 1);
    await expect(source.get()).rejects.toThrow('no 1');
    source.clock.advance(1);
    expect(await source.had()).toBe(2);
  });
});
