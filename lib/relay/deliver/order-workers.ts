/** Runs work on several orders at the same time, and never twice at the same time on one order. */

export class OrderWorkers {
  readonly #running = new Map<string, Promise<void>>();
  /** Orders for which work was started again while it ran. */
  readonly #again = new Set<string>();

  /** The number of orders that are worked on now. */
  get count(): number {
    return this.#running.size;
  }

  /**
   * Starts the work. When work on this order runs already, that work is repeated instead: it may have read the order's
   * rows before the caller's change.
   * @param work never rejects
   */
  start(id: string, work: () => Promise<void>): void {
    if (this.#running.has(id)) this.#again.add(id);
    else this.#running.set(id, this.#run(id, work));
  }

  async #run(id: string, work: () => Promise<void>): Promise<void> {
    do await work();
    while (this.#again.delete(id));
    this.#running.delete(id);
  }

  /** Waits until work on one order has ended. False when none is running. */
  async oneHasEnded(): Promise<boolean> {
    if (this.#running.size === 0) return false;
    await Promise.race(this.#running.values());
    return true;
  }

  async allHaveEnded(): Promise<void> {
    await Promise.all(this.#running.values());
  }
}
