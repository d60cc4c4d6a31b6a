/**
 * Shares the event loop between the console and the webhooks of one process. SQLite reads are synchronous, so a page that
 * reads a thousand rows would otherwise make webhooks wait for all of them.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

/** A webhook waits about this long for a page at most. */
const SLICE_MS = 10;

export class Turns {
  readonly #nowMs: () => number;
  #beganAtMs = 0;
  #last = Promise.resolve();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Resolves at once while the time of this turn lasts; otherwise after other work had its turn. */
  async pause(): Promise<void> {
    if (this.#nowMs() - this.#beganAtMs < SLICE_MS) return;
    // Each waits for a turn of its own. Those that begin in one turn of the event loop would add up.
    this.#last = this.#last.then(() => this.#begin());
    await this.#last;
  }

  async #begin(): Promise<void> {
    await nextTurn();
    this.#beganAtMs = this.#nowMs();
  }
}
