/** One line that is written over again and again, where a person watches; nothing into a pipe. */
import { printable, type Terminal } from './output.ts';

/** More often than this nobody can read it. */
const EVERY_MS = 100;
/** Back to the start of the line, and what stands there is gone (ECMA-48: EL). */
const CLEARED = '\r\u001b[K';

export class ProgressLine {
  readonly #terminal: Terminal;
  #shownAtMs = Number.NEGATIVE_INFINITY;
  #isShown = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  show(text: string): void {
    const { errColumns } = this.#terminal;
    const nowMs = performance.now();
    if (errColumns === undefined || nowMs - this.#shownAtMs < EVERY_MS) return;
    this.#shownAtMs = nowMs;
    this.#isShown = true;
    // A line that wraps could not be taken back.
    this.#terminal.err(CLEARED + printable(text).slice(0, errColumns - 1));
  }

  clear(): void {
    if (this.#isShown) this.#terminal.err(CLEARED);
    this.#isShown = false;
  }
}
