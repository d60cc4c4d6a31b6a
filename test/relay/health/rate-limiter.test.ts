import { describe, expect, it } from 'vitest';
import { RateLimiter } from '../../../lib/relay/health/rate-limiter.ts';
import { after as later } from '../../../lib/relay/model/clock.ts';
import { MemoryClock } from '../../memory/clock.ts';

/** The clock moves on when somebody sleeps on it, so each turn is taken at its moment. */
function aRateLimiter(perSecond: number, before: ConstructorParameters<typeof RateLimiter>[2] = {}) {
  const clock = new MemoryClock();
  const startMs = clock.monotonicMs();
  const rateLimiter = new RateLimiter(clock, perSecond, before);
  const sinceStart = () => clock.monotonicMs() - startMs;
  return { clock, startMs, rateLimiter, sinceStart };
}

const FOR_EVER = Number.POSITIVE_INFINITY;

describe('a rate limiter', () => {
  it.each([
    [2, 500],
    [1, 1_000],
    [0.01, 100_000],
    [700, 2],
    [3, 334],
  ])('of %d a second keeps requests %i ms apart, never less', (perSecond, intervalMs) => {
    expect(aRateLimiter(perSecond).rateLimiter.intervalMs).toBe(intervalMs);
  });

  it('gives the first turn at once, and each that follows one interval later', async () => {
    const { rateLimiter, sinceStart } = aRateLimiter(2);
    const turns: number[] = [];

    for (let n = 0; n < 4; n++) {
      expect(await rateLimiter.waitForTurn(FOR_EVER)).toBe(true);
      turns.push(sinceStart());
    }

    expect(turns).toEqual([0, 500, 1_000, 1_500]);
  });

  it('does not save up turns that nobody took', async () => {
    const { clock, rateLimiter, sinceStart } = aRateLimiter(2);
    await rateLimiter.waitForTurn(FOR_EVER);
    clock.advance(10_000);

    await rateLimiter.waitForTurn(FOR_EVER);
    await rateLimiter.waitForTurn(FOR_EVER);

    expect(sinceStart()).toBe(10_500);
  });

  it('refuses a turn that comes after the moment given, and does not wait for it', async () => {
    const { startMs, rateLimiter, sinceStart } = aRateLimiter(1);
    await rateLimiter.waitForTurn(startMs);

    expect(await rateLimiter.waitForTurn(startMs + 999)).toBe(false);
    expect(sinceStart()).toBe(0);
    expect(await rateLimiter.waitForTurn(startMs + 1_000)).toBe(true);
    expect(sinceStart()).toBe(1_000);
  });

  it('keeps the requests apart when one took longer to prepare than the next', async () => {
    const { clock, rateLimiter, sinceStart } = aRateLimiter(2);
    await rateLimiter.waitForTurn(FOR_EVER);
    clock.advance(400);
    await rateLimiter.waitToSend();
    expect(sinceStart()).toBe(400);
    await rateLimiter.waitForTurn(FOR_EVER);

    await rateLimiter.waitToSend();

    expect(sinceStart()).toBe(900);
  });

  it('says how long it is until the next request may start', async () => {
    const { clock, rateLimiter } = aRateLimiter(2);
    expect(rateLimiter.waitMs).toBe(0);

    await rateLimiter.waitToSend();
    expect(rateLimiter.waitMs).toBe(500);
    clock.advance(300);
    expect(rateLimiter.waitMs).toBe(200);
    clock.advance(300);
    expect(rateLimiter.waitMs).toBe(0);
  });
});

describe('the time of the next request, for the next holder of the lock', () => {
  const noon = new MemoryClock().now();

  it('is one interval after the last request', async () => {
    const { clock, rateLimiter } = aRateLimiter(2, { nextSendAt: later(noon, -60_000) });

    await rateLimiter.waitToSend();

    expect(rateLimiter.nextSendAt).toEqual(later(clock.now(), 500));
  });

  it('is what the last holder left when nothing was sent, and none when there was no holder', async () => {
    const nextSendAt = later(noon, -60_000);
    const { rateLimiter } = aRateLimiter(2, { nextSendAt });
    await rateLimiter.waitForTurn(FOR_EVER);

    expect(rateLimiter.nextSendAt).toBe(nextSendAt);
    expect(aRateLimiter(2, { lockedUntil: noon }).rateLimiter.nextSendAt).toEqual(later(noon, 500));
    expect(aRateLimiter(2).rateLimiter.nextSendAt).toBeUndefined();
  });

  it('is never so far ahead, when a person edited it, that a holder waits for more than the interval and two clock differences', async () => {
    const { rateLimiter, sinceStart } = aRateLimiter(0.1, { nextSendAt: later(noon, 3_600_000) });

    expect(rateLimiter.waitMs).toBe(14_000);
    await rateLimiter.waitForTurn(FOR_EVER);
    expect(sinceStart()).toBe(14_000);
  });
});

describe('the rate limiter of a lock’s next holder', () => {
  const noon = new MemoryClock().now();

  it.each([
    ['nobody held the lock before', 2, {}, 0],
    ['the last holder released it', 2, { nextSendAt: later(noon, -60_000) }, 500],
    ['the last holder died', 2, { lockedUntil: noon }, 500],
    [
      'the last holder released it, with an interval as long as clocks differ',
      0.5,
      { nextSendAt: later(noon, -60_000) },
      2_000,
    ],
    ['the last holder released it with a long interval', 0.1, { nextSendAt: later(noon, 4_000) }, 6_000],
    ['the last holder released it long ago', 0.1, { nextSendAt: later(noon, -60_000) }, 0],
    ['the last holder died with a long interval', 0.1, { lockedUntil: noon }, 12_000],
    ['the last holder died long ago', 0.1, { lockedUntil: later(noon, -60_000) }, 0],
    [
      'the last holder died and had not written when it last sent',
      0.1,
      { lockedUntil: noon, nextSendAt: later(noon, -60_000) },
      12_000,
    ],
  ] as const)('starts so late after it: %s', async (_, perSecond, before, waitMs) => {
    const { rateLimiter, sinceStart } = aRateLimiter(perSecond, before);

    await rateLimiter.waitForTurn(FOR_EVER);

    expect(sinceStart()).toBe(waitMs);
  });
});

describe('a timer that fires late', () => {
  it('keeps requests one interval apart when a timer fires late', async () => {
    const clock = new MemoryClock();
    const rateLimiter = new RateLimiter(clock, 2, {});
    const sentAtMs: number[] = [];
    let late = 0;
    clock.sleep = async (ms) => clock.advance(ms + late);
    for (const lateMs of [0, 300, 0]) {
      late = lateMs;
      await rateLimiter.waitToSend();
      sentAtMs.push(clock.monotonicMs());
    }
    const gaps = sentAtMs.slice(1).map((at, n) => at - (sentAtMs[n] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(500);
  });
});
