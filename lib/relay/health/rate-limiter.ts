/** Enforces an endpoint's rate limit: requests start at least one interval apart. */
import { after, type Clock, MAX_CLOCK_SKEW_MS } from '../model/clock.ts';

/** The state that the previous holder of the endpoint's lock left in the health row. */
export interface PreviousHolder {
  readonly nextSendAt?: Date;
  /** Present when the previous holder died. Its last request started before this moment. */
  readonly lockedUntil?: Date;
}

export class RateLimiter {
  readonly intervalMs: number;
  readonly #clock: Clock;
  /** From the previous holder. It is passed on if this holder sends nothing. */
  readonly #previousNextSendAt: Date | undefined;
  /** On the monotonic clock. */
  #nextTurnMs: number;
  #nextSendMs: number;
  #hasSent = false;
  /** Requests queue behind each other, so late timers cannot start two at once. */
  #lastWait: Promise<void> = Promise.resolve();

  constructor(clock: Clock, perSecond: number, { nextSendAt, lockedUntil }: PreviousHolder) {
    this.#clock = clock;
    this.intervalMs = Math.ceil(1000 / perSecond);
    this.#previousNextSendAt = lockedUntil === undefined ? nextSendAt : after(lockedUntil, this.intervalMs);
    const waitMs = this.#previousNextSendAt === undefined ? 0 : this.#waitAfter(this.#previousNextSendAt);
    this.#nextTurnMs = clock.monotonicMs() + waitMs;
    this.#nextSendMs = this.#nextTurnMs;
  }

  /**
   * Reserves a turn and waits for it, before the request is prepared.
   * @returns false when there is no turn until `untilMs`
   */
  async waitForTurn(untilMs: number): Promise<boolean> {
    const nowMs = this.#clock.monotonicMs();
    const turnMs = Math.max(nowMs, this.#nextTurnMs);
    if (turnMs > untilMs) return false;
    this.#nextTurnMs = turnMs + this.intervalMs;
    if (turnMs > nowMs) await this.#clock.sleep(turnMs - nowMs);
    return true;
  }

  /** Waits until the prepared request may start. Preparation times differ, so a turn alone does not space requests. */
  waitToSend(): Promise<void> {
    this.#lastWait = this.#lastWait.then(() => this.#waitForInterval());
    return this.#lastWait;
  }

  /** The time until the next request may start. */
  get waitMs(): number {
    return Math.max(0, this.#nextSendMs - this.#clock.monotonicMs());
  }

  /** For the next holder of the lock. */
  get nextSendAt(): Date | undefined {
    return this.#hasSent ? after(this.#clock.now(), this.waitMs) : this.#previousNextSendAt;
  }

  async #waitForInterval(): Promise<void> {
    if (this.waitMs > 0) await this.#clock.sleep(this.waitMs);
    this.#hasSent = true;
    this.#nextSendMs = this.#clock.monotonicMs() + this.intervalMs;
  }

  /**
   * The previous holder sent its last request before this lock was taken. A wait of one interval is therefore always
   * enough. For an interval longer than the clock skew, the recorded time gives a shorter wait, unless a person edited it.
   */
  #waitAfter(nextSendAt: Date): number {
    if (this.intervalMs <= MAX_CLOCK_SKEW_MS) return this.intervalMs;
    const recordedMs = after(nextSendAt, MAX_CLOCK_SKEW_MS).getTime() - this.#clock.now().getTime();
    return Math.min(recordedMs, this.intervalMs + 2 * MAX_CLOCK_SKEW_MS);
  }
}
