/** Ends the process on Ctrl-C, on SIGTERM, and when the npm that started it is gone. */
import { whenNpmIsGone } from '../node/npm-parent.ts';

/** The terminal and npm both send the signal of one Ctrl-C, so it arrives twice within this time. */
const SAME_SIGNAL_MS = 500;

const FAILED = 1;

/**
 * The first signal stops, and the process ends with code 0. A second one ends it at once.
 *
 * @param stop must not reject
 */
export function onStopSignal(stop: () => Promise<void>): void {
  let stoppingSinceMs: number | undefined;
  const onSignal = async () => {
    if (stoppingSinceMs !== undefined) {
      if (performance.now() - stoppingSinceMs > SAME_SIGNAL_MS) process.exit(FAILED);
      return;
    }
    stoppingSinceMs = performance.now();
    await stop();
    process.exit(0);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  process.on('SIGHUP', onSignal);
  // A file that reaches a size limit of its process is like a full disk: the write fails, and the relay goes on.
  process.on('SIGXFSZ', () => {});
  whenNpmIsGone(onSignal);
}
