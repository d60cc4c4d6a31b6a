import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { TtlCache } from '../../../lib/relay/secrets/ttl-cache.ts';
import { MemoryClock } from '../../memory/clock.ts';

const FAILURE_TTL_MS = 2_000;

/** Values 1, 2, 3 …, each good for a minute, which are there when a test says so. */
function aSource() {
  const clock = new MemoryClock();
  const cache = new TtlCache<number>(clock, FAILURE_TTL_MS);
  const fetches: { timeoutMs: number; answer(): void; fail(): void }[] = [];
  const fetch = (timeoutMs: number) =>
    new Promise<{ value: number; ttlMs: number }>((resolve, reject) => {
      const value = fetches.length + 1;
      fetches.push({
        timeoutMs,
        answer: () => resolve({ value, ttlMs: 60_000 }),
        fail: () => reject(new Error(`no ${value}`)),
      });
    });
  return {
    clock,
    cache,
    fetches,
    get: (limitMs = 10_000, key = 'key') => cache.get(key, clock.monotonicMs() + limitMs, fetch),
    async fetched(limitMs?: number): Promise<number> {
      const value = this.get(limitMs);
      fetches.at(-1)?.answer();
      return value;
    },
  };
}

describe('a cached value', () => {
  it('is fetched once for all concurrent callers', async () => {
    const source = aSource();

    const values = [source.get(), source.get(), source.get(11_000)];
    source.fetches[0]?.answer();

    expect(await Promise.all(values)).toEqual([1, 1, 1]);
    expect(source.fetches).toMatchObject([{ timeoutMs: 10_000 }]);
  });

  it('is fetched separately for a caller whose deadline is before that of the running fetch', async () => {
    const source = aSource();

    const slow = source.get(10_000);
    const quick = source.get(1_000);
    source.fetches[1]?.answer();

    expect(await quick).toBe(2);
    expect(source.fetches).toMatchObject([{ timeoutMs: 10_000 }, { timeoutMs: 1_000 }]);
    source.fetches[0]?.answer();
    expect(await slow).toBe(1);
  });

  it('is returned until its TTL has passed', async () => {
    const source = aSource();
    expect(await source.fetched()).toBe(1);

    source.clock.advance(59_999);
    expect(await source.fetched()).toBe(1);
    source.clock.advance(1);
    expect(await source.fetched()).toBe(2);
  });

  it('is fetched separately for another key', async () => {
    const source = aSource();
    await source.fetched();

    const other = source.get(10_000, 'other');
    source.fetches[1]?.answer();

    expect(await other).toBe(2);
  });

  it('is fetched again after it is invalidated, unless it is younger than the given age', async () => {
    const source = aSource();
    await source.fetched();
    source.clock.advance(4_999);

    source.cache.invalidate('key', 5_000);
    expect(await source.fetched()).toBe(1);
    source.clock.advance(1);
    source.cache.invalidate('key', 5_000);
    expect(await source.fetched()).toBe(2);
  });

  it('is not invalidated while its fetch runs', async () => {
    const source = aSource();

    const value = source.get();
    source.cache.invalidate('key');
    const same = source.get();
    source.fetches[0]?.answer();

    expect(await Promise.all([value, same])).toEqual([1, 1]);
  });

  it('is fetched again after a failure, once the failure TTL has passed', async () => {
    const source = aSource();
    const failed = source.get();
    source.fetches[0]?.fail();
    await expect(failed).rejects.toThrow('no 1');

    source.clock.advance(FAILURE_TTL_MS - 1);
    await expect(source.get()).rejects.toThrow('no 1');
    source.clock.advance(1);
    expect(await source.fetched()).toBe(2);
  });
});

describe('the memory of the cache', () => {
  const clock = new MemoryClock();
  const cache = new TtlCache<object>(clock, FAILURE_TTL_MS);
  /** Only the cache refers to the value that it fetches. */
  async function cached(key: string): Promise<WeakRef<object>> {
    const fetch = async () => ({ value: { key }, ttlMs: 60_000 });
    return new WeakRef(await cache.get(key, clock.monotonicMs() + 10_000, fetch));
  }

  it('loses an expired value when another is fetched, and no other value', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage: () => void = runInNewContext('gc');
    const expired = await cached('expired');
    clock.advance(1);
    const valid = await cached('valid');
    clock.advance(59_999);
    await cached('other');

    // A value that was just read stays in memory until the running task ends.
    await new Promise(setImmediate);
    collectGarbage();

    expect(expired.deref()).toBeUndefined();
    expect(valid.deref()).toEqual({ key: 'valid' });
  });
});
