/** A clock that stands still until a test moves it; who sleeps on it is woken then. */
import { after, type Clock } from '../../lib/relay/model/clock.ts';
import { MemoryClock } from '../memory/clock.ts';

interface Sleeper {
  readonly untilMs: number;
  readonly wake: () => void;
}

export class StandingClock extends MemoryClock {
  readonly #sleepers = new Set<Sleeper>();
  #firstWakeMs = Number.POSITIVE_INFINITY;
  #aheadMs = 0;

  override now(): Date {
    return after(super.now(), this.#aheadMs);
  }

  override sleep(durationMs: number): Promise<void> {
    return new Promise((wake) => {
      this.#wakeAfter(durationMs, wake);
    });
  }

  startTimer(durationMs: number, onEnd: () => void): () => void {
    const timer = this.#wakeAfter(durationMs, onEnd);
    return () => this.#sleepers.delete(timer);
  }

  #wakeAfter(durationMs: number, wake: () => void): Sleeper {
    const sleeper = { untilMs: this.monotonicMs() + durationMs, wake };
    this.#sleepers.add(sleeper);
    this.#firstWakeMs = Math.min(this.#firstWakeMs, sleeper.untilMs);
    return sleeper;
  }

  override advance(durationMs: number): void {
    super.advance(durationMs);
    if (this.monotonicMs() < this.#firstWakeMs) return;
    const woken = [...this.#sleepers].filter(({ untilMs }) => untilMs <= this.monotonicMs());
    for (const sleeper of woken) this.#sleepers.delete(sleeper);
    this.#firstWakeMs = Math.min(...[...this.#sleepers].map(({ untilMs }) => untilMs));
    for (const { wake } of woken) wake();
  }

  /** Changes the wall clock, as a time server does. No time passes. */
  jump(durationMs: number): void {
    this.#aheadMs += durationMs;
  }

  /** A clock that does not jump along: that of another service. */
  get unmoved(): Clock {
    return {
      now: () => super.now(),
      monotonicMs: () => this.monotonicMs(),
      sleep: (durationMs) => this.sleep(durationMs),
    };
  }
}
