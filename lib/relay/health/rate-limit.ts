/** Keeps an endpoint's rate limit: requests are at least one interval apart. */
import { after, type Clock } from '../model/clock.ts';

/** Two functions' clocks differ by at most this. */
const CLOCKS_DIFFER_MS = 2_000;

/** How the last holder of the endpoint's lock left it. */
export interface PaceBefore {
  readonly nextSendAt?: Date;
  /** Present when the last holder died: its last request started before this moment. */
  readonly lockedUntil?: Date;
}

export class Pace {
  readonly intervalMs: number;
  readonly #clock: Clock;
  /** Until this holder has sent: what the holder before has left. */
  readonly #nextSendAtBefore: Date | undefined;
  /** By the monotonic clock. */
  #nextTurnMs: number;
  #nextSendMs: number;
  #hasSent = false;
  /** Requests start one after another, also when timers fire late. */
  #lastGap: Promise<void> = Promise.resolve();

  constructor(clock: Clock, perSecond: number, { nextSendAt, lockedUntil }: PaceBefore) {
    this.#clock = clock;
    this.intervalMs = Math.ceil(1000 / perSecond);
    this.#nextSendAtBefore = lockedUntil === undefined ? nextSendAt : after(lockedUntil, this.intervalMs);
    const waitMs = this.#nextSendAtBefore === undefined ? 0 : this.#waitAfter(this.#nextSendAtBefore);
    this.#nextTurnMs = clock.monotonicMs() + waitMs;
    this.#nextSendMs = this.#nextTurnMs;
  }

  /** Waits for a turn before anything is prepared; false when none comes by then. */
  async turn(untilMs: number): Promise<boolean> {
    const nowMs = this.#clock.monotonicMs();
    const turnMs = Math.max(nowMs, this.#nextTurnMs);
    if (turnMs > untilMs) return false;
    this.#nextTurnMs = turnMs + this.intervalMs;
    if (turnMs > nowMs) await this.#clock.sleep(turnMs - nowMs);
    return true;
  }

  /** Waits until the request may start: preparing one takes longer than preparing another. */
  gap(): Promise<void> {
    this.#lastGap = this.#lastGap.then(() => this.#waitForGap());
    return this.#lastGap;
  }

  /** How long until the next request may start. */
  get waitMs(): number {
    return Math.max(0, this.#nextSendMs - this.#clock.monotonicMs());
  }

  /** For the next holder of the lock. */
  get nextSendAt(): Date | undefined {
    return this.#hasSent ? after(this.#clock.now(), this.waitMs) : this.#nextSendAtBefore;
  }

  async #waitForGap(): Promise<void> {
    if (this.waitMs > 0) await this.#clock.sleep(this.waitMs);
    this.#hasSent = true;
    this.#nextSendMs = this.#clock.monotonicMs() + this.intervalMs;
  }

  /**
   * The holder before sent its last request before this lock was taken, whatever the clocks say. So a wait of one interval
   * is long enough; where the interval is longer than the clocks differ, the remembered time is used instead.
   */
  #waitAfter(nextSendAt: Date): number {
    if (this.intervalMs <= CLOCKS_DIFFER_MS) return this.intervalMs;
    return after(nextSendAt, CLOCKS_DIFFER_MS).getTime() - this.#clock.now().getTime();
  }
}
