/** Shows the progress of a bulk run on one line of the terminal, and connects Ctrl-C to the run. */

import { printableText } from '../../relay/model/printable.ts';
import type { BulkRun } from '../bulk-run.ts';
import type { Terminal } from './output.ts';

/** Nobody can read faster updates. */
const UPDATE_INTERVAL_MS = 100;
/** Returns to the start of the line and erases it (ECMA-48: EL). */
const ERASE_LINE = '\r\u001b[K';

/** Runs the work with a progress line. Ctrl-C aborts the run's signal. */
export async function withProgress<Result>(
  terminal: Terminal,
  { dryRun = false }: Pick<BulkRun, 'dryRun'>,
  work: (run: BulkRun) => Promise<Result>,
): Promise<Result> {
  const line = new ProgressLine(terminal);
  try {
    return await work({
      dryRun,
      signal: terminal.interruption(),
      onProgress: (text) => line.show(text),
    });
  } finally {
    line.clear();
  }
}

/** Writes nothing into a pipe. */
class ProgressLine {
  readonly #terminal: Terminal;
  #shownAtMs = Number.NEGATIVE_INFINITY;
  #isShown = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  show(text: string): void {
    const { errColumns } = this.#terminal;
    const nowMs = performance.now();
    if (errColumns === undefined || nowMs - this.#shownAtMs < UPDATE_INTERVAL_MS) return;
    this.#shownAtMs = nowMs;
    this.#isShown = true;
    // A line that wraps cannot be erased.
    this.#terminal.err(ERASE_LINE + printableText(text).slice(0, errColumns - 1));
  }

  clear(): void {
    if (this.#isShown) this.#terminal.err(ERASE_LINE);
    this.#isShown = false;
  }
}
