import { describe, expect, it, vi } from 'vitest';
import { HealthCheck } from '../../lib/server/health.ts';

function aCheck({ tryStore = async () => {} } = {}) {
  const times: { nowMs: number; sweptAtMs: number; refusedAtMs?: number } = {
    nowMs: 10_000,
    sweptAtMs: 10_000,
  };
  const check = new HealthCheck({
    nowMs: () => times.nowMs,
    tryStore,
    refusedAtMs: () => times.refusedAtMs,
    sweptAtMs: () => times.sweptAtMs,
    sweepLimitMs: 180_000,
  });
  return { check, times };
}

describe('the health of the relay', () => {
  it('is ok while the store takes writes and sweep runs', async () => {
    expect(await aCheck().check.report()).toEqual({ status: 'ok' });
  });

  it('is unavailable when the store takes no write', async () => {
    const { check } = aCheck({ tryStore: () => Promise.reject(new Error('disk full')) });

    expect(await check.report()).toEqual({ status: 'unavailable', reason: 'store' });
  });

  it.each([
    [0, { status: 'unavailable', reason: 'store' }],
    [59_999, { status: 'unavailable', reason: 'store' }],
    [60_000, { status: 'ok' }],
  ])('%i ms after a webhook could not be stored is %o', async (agoMs, expected) => {
    const { check, times } = aCheck();
    times.refusedAtMs = times.nowMs;
    times.nowMs += agoMs;
    times.sweptAtMs = times.nowMs;

    expect(await check.report()).toEqual(expected);
  });

  it('is unavailable when sweep has not ended for three minutes', async () => {
    const { check, times } = aCheck();
    times.nowMs = times.sweptAtMs + 180_001;

    expect(await check.report()).toEqual({ status: 'unavailable', reason: 'workers' });
  });

  it('is unavailable once the relay stops', async () => {
    const { check } = aCheck();
    check.stopping();

    expect(await check.report()).toEqual({ status: 'unavailable', reason: 'stopping' });
  });

  it('tries the store once a second at most', async () => {
    const tryStore = vi.fn(async () => {});
    const { check, times } = aCheck({ tryStore });
    await check.report();
    times.nowMs += 999;
    await check.report();
    expect(tryStore).toHaveBeenCalledTimes(1);
    times.nowMs += 1;
    await check.report();

    expect(tryStore).toHaveBeenCalledTimes(2);
  });
});
