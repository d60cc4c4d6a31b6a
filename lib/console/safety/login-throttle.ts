/** Slows down guessing of the password: after a few failures, each further one doubles the wait. */
import type { Clock } from '../../relay/model/clock.ts';

const FREE_FAILURES = 5;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 5 * 60_000;
/** More addresses than this are counted as one, so that the memory is bounded. */
const MOST_ADDRESSES = 1_000;

interface Failures {
  readonly count: number;
  readonly waitUntilMs: number;
}

export class LoginThrottle {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #byAddress = new Map<string, Failures>();

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  /** Zero when the address may try now. */
  waitSeconds(address: string): number {
    const { waitUntilMs = 0 } = this.#byAddress.get(this.#keyOf(address)) ?? {};
    return Math.max(0, Math.ceil((waitUntilMs - this.#clock.monotonicMs()) / 1000));
  }

  noteFailure(address: string): void {
    const key = this.#keyOf(address);
    const count = 1 + (this.#byAddress.get(key)?.count ?? 0);
    const waitMs =
      count < FREE_FAILURES ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (count - FREE_FAILURES));
    this.#byAddress.set(key, { count, waitUntilMs: this.#clock.monotonicMs() + waitMs });
  }

  noteSuccess(address: string): void {
    this.#byAddress.delete(this.#keyOf(address));
  }

  #keyOf(address: string): string {
    return this.#byAddress.has(address) || this.#byAddress.size < MOST_ADDRESSES ? address : 'all others';
  }
}
