/** Runs what may take long: with a line that tells how far it is, and so that Ctrl-C ends it in good order. */
import type { Run } from '../long-run.ts';
import type { Terminal } from './output.ts';
import { ProgressLine } from './progress-line.ts';

export async function watched<Result>(
  terminal: Terminal,
  { dryRun = false }: Pick<Run, 'dryRun'>,
  work: (run: Run) => Promise<Result>,
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
