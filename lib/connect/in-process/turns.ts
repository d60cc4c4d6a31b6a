/**
 * Shares the event loop between the console and the webhooks of one process. SQLite reads are synchronous, so a page that
 * reads a thousand rows would otherwise make webhooks wait for all of them.
 */
import { setImmediate } from 'node:timers';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** A webhook waits about this long for a page at most. */
const SLICE_MS = 10;

export class Turns {
  readonly #nowMs: () => number;
  #beganAtMs = 0;
  #hasBegun = false;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Resolves at once while the time of this turn lasts; otherwise after other work had its turn. */
  async pause(): Promise<void> {
    // Those who wait continue one after the other in one turn, while its time lasts. The others wait for the next one.
    while (this.#nowMs() - this.#beganAtMs >= SLICE_MS) {
      await nextTurn();
      if (this.#hasBegun) continue;
      this.#begin();
      return;
    }
  }

  #begin(): void {
    this.#beganAtMs = this.#nowMs();
    this.#hasBegun = true;
    // Runs first in the next turn: those who wait again stand behind it.
    setImmediate(() => {
      this.#hasBegun = false;
    });
  }
}
