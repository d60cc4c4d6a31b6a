import { describe, expect, it } from 'vitest';
import {
  Deadline,
  firstTooFarAhead,
  isTooFarAhead,
  after as laterBy,
  sane,
  within,
} from '../../../lib/relay/model/clock.ts';
import { NOON, seconds } from '../attempts.ts';
import { StandingClock } from '../standing-clock.ts';

describe('a deadline', () => {
  it('has the rest of its time, and none once it has passed', () => {
    const clock = new StandingClock();
    const deadline = new Deadline(clock, 1_000);

    expect(deadline.remainingMs).toBe(1_000);
    clock.advance(400);
    expect(deadline.remainingMs).toBe(600);
    clock.advance(700);
    expect(deadline.remainingMs).toBe(0);
  });

  it('allows work that ends in time', () => {
    const deadline = new Deadline(new StandingClock(), 1_000);

    expect([999, 1_000, 1_001].map((ms) => deadline.allows(ms))).toEqual([true, true, false]);
  });
});

describe('a call with a limit', () => {
  it('returns the value of a quick call', async () => {
    expect(await within(new StandingClock().unmoved, 1_000, 'a read', Promise.resolve(7))).toBe(7);
  });

  it('rejects with the error of a quick call', async () => {
    const failing = Promise.reject(new TypeError('no'));

    await expect(within(new StandingClock().unmoved, 1_000, 'a read', failing)).rejects.toThrow('no');
  });

  it('rejects at its limit, and names the call', async () => {
    const clock = new StandingClock();
    const call = within(clock.unmoved, 1_000, 'a read', new Promise(() => {}));
    clock.advance(1_000);

    await expect(call).rejects.toMatchObject({
      name: 'TimeoutError',
      message: 'a read took longer than 1000 ms',
    });
  });
});

/** A clock whose timers a test ends. */
class TimerClock extends StandingClock {
  readonly timers = new Set<{ readonly durationMs: number; readonly onEnd: () => void }>();

  override startTimer(durationMs: number, onEnd: () => void): () => void {
    const timer = { durationMs, onEnd };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  override sleep(): Promise<void> {
    throw new Error('a clock with timers is not slept on');
  }
}

describe('a call with a limit, on a clock with timers', () => {
  it('rejects when its timer ends', async () => {
    const clock = new TimerClock();
    const call = within(clock, 1_000, 'a read', new Promise(() => {}));
    const [timer] = clock.timers;
    timer?.onEnd();

    await expect(call).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(timer?.durationMs).toBe(1_000);
  });

  it.each([
    ['returns', async () => 7],
    ['fails', async () => Promise.reject(new TypeError('no'))],
  ])('cancels the timer when it %s', async (_, work) => {
    const clock = new TimerClock();
    await within<number>(clock, 1_000, 'a read', work()).catch(() => {});

    expect(clock.timers.size).toBe(0);
  });

  it('returns the value', async () => {
    expect(await within(new TimerClock(), 1_000, 'a read', Promise.resolve(7))).toBe(7);
  });
});

describe('a stored time', () => {
  const HOUR_MS = 3_600_000;
  const FIVE_MINUTES_MS = 300_000;

  it('counts as absent when it is more than five minutes further ahead than the relay plans', () => {
    const read = (ms: number) => sane(laterBy(NOON, ms), NOON, HOUR_MS);

    expect(read(HOUR_MS + FIVE_MINUTES_MS)).toEqual(laterBy(NOON, HOUR_MS + FIVE_MINUTES_MS));
    expect(read(HOUR_MS + FIVE_MINUTES_MS + 1)).toBeUndefined();
    expect(read(-365 * 24 * HOUR_MS)).toEqual(laterBy(NOON, -365 * 24 * HOUR_MS));
    expect(sane(undefined, NOON, HOUR_MS)).toBeUndefined();
  });

  it('is too far ahead from the millisecond after that', () => {
    const first = firstTooFarAhead(NOON, HOUR_MS);

    expect([laterBy(first, -1), first].map((at) => isTooFarAhead(at, NOON, HOUR_MS))).toEqual([false, true]);
  });
});

describe('a later moment', () => {
  it('is so many milliseconds later, or earlier', () => {
    expect(laterBy(NOON, 5_000)).toEqual(seconds(5));
    expect(laterBy(NOON, -5_000)).toEqual(seconds(-5));
  });
});
