/** Ports for time and randomness. The simulation implements its own. */

export interface Clock {
  /** Wall-clock time, for values that are stored. The clocks of two functions differ by up to two seconds. */
  now(): Date;
  /** Monotonic time in milliseconds, for deadlines within one function. */
  monotonicMs(): number;
  sleep(durationMs: number): Promise<void>;
  /**
   * How long this process could not work until now, in milliseconds: it had no CPU, or waited for its disk. A clock without
   * it does not know.
   */
  delayedMs?(): number;
  /**
   * Calls back after a time, unless it is cancelled before by the returned function. A clock without it sleeps instead,
   * and the sleep goes on after the work has ended.
   */
  startTimer?(durationMs: number, onEnd: () => void): () => void;
}

/** The clocks of two functions differ by at most this. */
export const MAX_CLOCK_SKEW_MS = 2_000;

/**
 * A clock that is wrong by more than this was wrong for a while, for example by a year, and was corrected. It is far more
 * than {@link MAX_CLOCK_SKEW_MS}, so that no time of a clock that is only a little wrong is discarded.
 */
const CLOCK_WAS_WRONG_MS = 5 * 60_000;

/** The relay plans an attempt or a probe at most three days ahead, plus jitter: an endpoint may ask for that wait. */
export const LONGEST_WAIT_MS = 3 * 24 * 60 * 60_000;

/**
 * A stored time; undefined when it is further ahead than the relay plans. A function whose clock was ahead wrote it, or a
 * person did. It then counts as absent: otherwise work would wait for next year after the clock is corrected.
 *
 * @param longestMs the longest time ahead that the relay writes; 0 for the time at which something happened
 */
export function sane(at: Date | undefined, now: Date, longestMs: number): Date | undefined {
  // Stryker disable next-line ConditionalExpression: a time that is absent is in no order with another
  return at === undefined || isTooFarAhead(at, now, longestMs) ? undefined : at;
}

export function isTooFarAhead(at: Date, now: Date, longestMs: number): boolean {
  return at.getTime() - now.getTime() > longestMs + CLOCK_WAS_WRONG_MS;
}

/** The earliest time that {@link isTooFarAhead}. */
export function firstTooFarAhead(now: Date, longestMs: number): Date {
  return after(now, longestMs + CLOCK_WAS_WRONG_MS + 1);
}

/** Later than every time that is stored. */
export const ANY_TIME = new Date('9999-12-31T23:59:59Z');

/** Returns a number from 0 (inclusive) to 1 (exclusive). */
export type Random = () => number;

/** The time at which Lambda kills the running function, on the monotonic clock. */
export class Deadline {
  readonly #clock: Clock;
  readonly #endsAtMs: number;

  constructor(clock: Clock, remainingMs: number) {
    this.#clock = clock;
    this.#endsAtMs = clock.monotonicMs() + remainingMs;
  }

  get remainingMs(): number {
    return Math.max(0, this.#endsAtMs - this.#clock.monotonicMs());
  }

  /** True when work of this duration can still end in time. */
  allows(durationMs: number): boolean {
    return durationMs <= this.remainingMs;
  }
}

/** A call did not end within its limit. It may still take effect later. */
class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

/**
 * Waits for a promise for at most `limitMs`, then rejects with a {@link TimeoutError} that names `what`. The work itself
 * goes on. It therefore needs a limit of its own, and must do no harm when it takes effect late.
 */
export async function within<Value>(
  clock: Clock,
  limitMs: number,
  what: string,
  work: Promise<Value>,
): Promise<Value> {
  const timeout = () => new TimeoutError(`${what} took longer than ${limitMs} ms`);
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  const cancel = clock.startTimer?.(limitMs, () => reject(timeout()));
  try {
    if (cancel !== undefined) return await Promise.race([work, tooLate]);
    return await Promise.race([
      work,
      clock.sleep(limitMs).then(() => {
        throw timeout();
      }),
    ]);
  } finally {
    cancel?.();
  }
}

export function after(moment: Date, durationMs: number): Date {
  return new Date(moment.getTime() + durationMs);
}
