/** Ports for time and randomness. The simulation implements its own. */

export interface Clock {
  /** Wall-clock time, for values that are stored. The clocks of two functions differ by up to two seconds. */
  now(): Date;
  /** Monotonic time in milliseconds, for deadlines within one function. */
  monotonicMs(): number;
  sleep(durationMs: number): Promise<void>;
}

/** The clocks of two functions differ by at most this. */
export const MAX_CLOCK_SKEW_MS = 2_000;

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
  return Promise.race([
    work,
    clock.sleep(limitMs).then(() => {
      throw new TimeoutError(`${what} took longer than ${limitMs} ms`);
    }),
  ]);
}

export function after(moment: Date, durationMs: number): Date {
  return new Date(moment.getTime() + durationMs);
}
