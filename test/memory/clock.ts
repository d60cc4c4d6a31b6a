/** A clock that stands still until it is moved, by a test or by something that sleeps on it. */
import type { Clock } from '../../lib/relay/model/clock.ts';

export class MemoryClock implements Clock {
  #nowMs: number;

  constructor(now = new Date('2026-03-01T12:00:00.000Z')) {
    this.#nowMs = now.getTime();
  }

  now(): Date {
    return new Date(this.#nowMs);
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  async sleep(durationMs: number): Promise<void> {
    this.advance(durationMs);
  }

  advance(durationMs: number): void {
    this.#nowMs += durationMs;
  }
}
