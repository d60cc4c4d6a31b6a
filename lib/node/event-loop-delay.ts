/** Measures how long this process could not work: it had no CPU, or waited for the disk. */

const EVERY_MS = 50;

export class EventLoopDelay {
  #pastMs = 0;
  #expectedAtMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    this.#schedule();
  }

  /** In milliseconds, since the start. It counts up to now, also when it is asked before a late timer fires. */
  get totalMs(): number {
    return this.#pastMs + Math.max(0, performance.now() - this.#expectedAtMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    this.#expectedAtMs = performance.now() + EVERY_MS;
    this.#timer = setTimeout(() => {
      this.#pastMs = this.totalMs;
      this.#schedule();
    }, EVERY_MS).unref();
  }
}
