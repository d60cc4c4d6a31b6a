/** Time and chance, as ports: the simulation has its own. */

export interface Clock {
  /** Wall-clock time: for what is stored and compared across functions, whose clocks may differ by two seconds. */
  now(): Date;
  /** Milliseconds that never go back: for deadlines within one function. */
  monotonicMs(): number;
  sleep(durationMs: number): Promise<void>;
}

/** A number from 0 up to, and without, 1. */
export type Random = () => number;

/** When the running function will be killed. Told by the monotonic clock, which no time server moves. */
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

  /** Whether something that takes so long can still end in time. */
  allows(durationMs: number): boolean {
    return durationMs <= this.remainingMs;
  }
}

/** What did not end in the time it was given; it may still be done later. */
class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

/**
 * Waits for a promise, but no longer than `limitMs`: then rejects with a {@link TimeoutError} naming `what`. The work goes
 * on. So it must have a limit of its own that ends it within the function's life, and do no harm when it is done late.
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
