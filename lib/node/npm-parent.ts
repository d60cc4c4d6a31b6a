/** npm does not pass SIGTERM on to the end of its chain of processes, so a program that it started looks for its parent. */

const PARENT_CHECK_MS = 500;

/** Calls back once when the npm that started this process is gone. Never when npm did not start it. */
export function whenNpmIsGone(stop: () => unknown): void {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    stop();
  }, PARENT_CHECK_MS);
  timer.unref();
}
