/** npm does not pass SIGTERM on to the end of its chain of processes, so a program that it started looks for its parent. */
import { readFileSync } from 'node:fs';

const PARENT_CHECK_MS = 500;

/** Calls back once when the npm that started this process is gone. Never when npm did not start it. */
export function whenNpmIsGone(stop: () => unknown): void {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const npm = isShell(parent) ? parentOf(parent) : undefined;
  const timer = setInterval(() => {
    if (process.ppid === parent && (npm === undefined || parentOf(parent) === npm)) return;
    clearInterval(timer);
    stop();
  }, PARENT_CHECK_MS);
  timer.unref();
}

/**
 * npm runs a script by `sh -c`. Some shells become the script's process, others stay between it and npm, and survive an npm
 * that was killed. Such shells are those of Linux, which has `/proc`.
 */
function isShell(pid: number): boolean {
  return processFile(pid, 'cmdline').split('\0')[1] === '-c';
}

/** Undefined without `/proc`. */
function parentOf(pid: number): string | undefined {
  return /^PPid:\s*(\d+)$/m.exec(processFile(pid, 'status'))?.[1];
}

function processFile(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    // The process has ended, or the operating system has no such file.
    return '';
  }
}
