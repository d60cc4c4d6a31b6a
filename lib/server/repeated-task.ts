/** Runs a task again and again, one run at a time. */
export interface RepeatedTaskOptions {
  readonly work: () => Promise<void>;
  /** From the end of a run to the start of the next. Without it, the task runs only when it is wanted. */
  readonly pauseMs?: number;
  readonly onError: (error: unknown) => void;
}

export class RepeatedTask {
  readonly #options: RepeatedTaskOptions;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #isWantedAgain = false;
  #isStopped = false;

  constructor(options: RepeatedTaskOptions) {
    this.#options = options;
  }

  /** Runs now, or directly after the current run. */
  runSoon(): void {
    if (this.#isStopped) return;
    if (this.#running !== undefined) {
      this.#isWantedAgain = true;
      return;
    }
    clearTimeout(this.#timer);
    this.#running = this.#run();
  }

  /** Starts no more runs, and waits for the current one. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      await this.#options.work();
    } catch (error) {
      this.#options.onError(error);
    }
    this.#running = undefined;
    if (this.#isStopped) return;
    if (this.#isWantedAgain) {
      this.#isWantedAgain = false;
      this.runSoon();
      return;
    }
    const { pauseMs } = this.#options;
    if (pauseMs !== undefined) this.#timer = setTimeout(() => this.runSoon(), pauseMs);
  }
}
