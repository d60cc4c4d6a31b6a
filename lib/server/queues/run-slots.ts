/** Limits how many runs of a queue work at the same time, and waits for them when the queue stops. */
export class RunSlots {
  readonly #most: number;
  readonly #running = new Set<Promise<void>>();

  constructor(most: number) {
    this.#most = most;
  }

  get isFree(): boolean {
    return this.#running.size < this.#most;
  }

  /**
   * @param work must not reject
   * @param onFree called when the run has ended and its slot is free
   */
  start(work: () => Promise<void>, onFree: () => void): void {
    const run = work();
    this.#running.add(run);
    void run.then(() => {
      this.#running.delete(run);
      onFree();
    });
  }

  /** Resolves when no run is left. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
