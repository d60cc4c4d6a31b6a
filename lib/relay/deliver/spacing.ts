/** Spaces the requests of one service after the endpoint asked for a short wait. */
import { asksForShortWait } from '../health/health.ts';
import type { Clock } from '../model/clock.ts';
import type { Attempt } from '../model/delivery.ts';

const SPACING_MS = 1_000;

/** The endpoint's limit is not known. A wait of milliseconds must not cause a storm of requests. */
export class Spacing {
  readonly #clock: Clock;
  #spacingMs = 0;
  #nextStartMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** True once the endpoint asked for a wait. Then one request at a time is sent. */
  get isOn(): boolean {
    return this.#spacingMs > 0;
  }

  /** The time until the next request may start. */
  get waitMs(): number {
    return this.isOn ? Math.max(0, this.#nextStartMs - this.#clock.monotonicMs()) : 0;
  }

  observe(made: Attempt): void {
    if (asksForShortWait(made)) this.#spacingMs = SPACING_MS;
    this.#nextStartMs = this.#clock.monotonicMs() - made.durationMs + this.#spacingMs;
  }
}
