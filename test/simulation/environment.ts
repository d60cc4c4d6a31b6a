/**
 * An execution environment of Lambda. It runs one invocation after another. It can stand still, with all its timers, and
 * it can die. Work that an invocation left undone goes on whenever the environment runs.
 */
import type { Clock } from '../../lib/relay/model/clock.ts';
import type { Faults } from './faults.ts';
import type { Scheduler } from './scheduler.ts';

const SHORTEST_PAUSE_MS = 5;
/** Virtual time has a resolution: a shorter rest would never end. */
const NO_REST_MS = 0.01;

export class Environment {
  readonly skewMs: number;
  readonly clock: Clock;
  /** Network calls that have not been answered yet. */
  callsUnderWay = 0;
  /** Lets the environment run again when it is invoked; absent while nothing has frozen it. */
  thaw: (() => void) | undefined;
  /** Told when a fault makes it stand still. */
  onPause: (durationMs: number) => void = () => {};
  /** Told when Lambda kills it. */
  onDeath: (reason: string) => void = () => {};
  readonly #scheduler: Scheduler;
  readonly #faults: Faults;
  readonly #longestPauseMs: number;
  #held: (() => void)[] = [];
  #stops = 0;
  #clockStops = 0;
  /** Real time that the monotonic clock has missed in all stops that are over. */
  #missedMs = 0;
  #clockStoodSinceMs = 0;
  #isDead = false;

  /** @param longestPauseMs the function's timeout: Lambda kills by real time */
  constructor(
    scheduler: Scheduler,
    faults: Faults,
    skewMs: number,
    longestPauseMs: number,
    aheadMs: () => number,
  ) {
    this.#scheduler = scheduler;
    this.#faults = faults;
    this.#longestPauseMs = longestPauseMs;
    this.skewMs = skewMs;
    this.clock = {
      now: () => new Date(scheduler.nowMs + skewMs + aheadMs()),
      monotonicMs: () => this.#monotonicMs(),
      sleep: (durationMs) => this.#sleep(durationMs),
      startTimer: (durationMs, onEnd) => this.#startTimer(durationMs, onEnd),
    };
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  die(reason: string): void {
    if (this.#isDead) return;
    this.#isDead = true;
    this.#held = [];
    this.onDeath(reason);
  }

  /** Resolves after so much real time, as an answer from the network does; never once the environment is dead. */
  arrival(durationMs: number): Promise<void> {
    return new Promise((resolve) => this.#scheduler.after(durationMs, () => this.#resume(resolve)));
  }

  /** @returns the function that ends the stop */
  stop(doesClockStop: boolean): () => void {
    this.#stops += 1;
    if (doesClockStop && this.#clockStops++ === 0) this.#clockStoodSinceMs = this.#scheduler.nowMs;
    return () => {
      this.#stops -= 1;
      if (doesClockStop && --this.#clockStops === 0)
        this.#missedMs += this.#scheduler.nowMs - this.#clockStoodSinceMs;
      if (this.#stops > 0) return;
      for (const goOn of this.#held.splice(0)) this.#resume(goOn);
    };
  }

  /** Stands still from now on, for at most its function's timeout. */
  pause(): void {
    // Half of the pauses are of any length up to the longest, and half are of any order of magnitude.
    const part = this.#scheduler.random();
    const durationMs = this.#scheduler.chance(0.5)
      ? this.#longestPauseMs * part
      : SHORTEST_PAUSE_MS * (this.#longestPauseMs / SHORTEST_PAUSE_MS) ** part;
    this.onPause(durationMs);
    this.#scheduler.after(durationMs, this.stop(this.#scheduler.chance(0.5)));
  }

  #monotonicMs(): number {
    const missingMs = this.#clockStops > 0 ? this.#scheduler.nowMs - this.#clockStoodSinceMs : 0;
    return this.#scheduler.nowMs - this.#missedMs - missingMs;
  }

  /** Timers go by the monotonic clock: when that has stood, they fire later. */
  #sleep(durationMs: number): Promise<void> {
    const endsAtMs = this.#monotonicMs() + durationMs;
    return new Promise((resolve) => {
      const fire = () => {
        const restMs = endsAtMs - this.#monotonicMs();
        if (restMs > NO_REST_MS) this.#scheduler.after(restMs, () => this.#resume(fire));
        else resolve();
      };
      this.#scheduler.after(durationMs, () => this.#resume(fire));
    });
  }

  /** A cancelled timer calls nobody back, but the environment still wakes up for it. */
  #startTimer(durationMs: number, onEnd: () => void): () => void {
    let isCancelled = false;
    void this.#sleep(durationMs).then(() => {
      if (!isCancelled) onEnd();
    });
    return () => {
      isCancelled = true;
    };
  }

  #resume(goOn: () => void): void {
    if (this.#isDead) return;
    if (this.#stops === 0 && this.#faults.strikes('process paused')) this.pause();
    if (this.#stops > 0) this.#held.push(goOn);
    else goOn();
  }
}
