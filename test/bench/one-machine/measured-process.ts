/** A program under measurement, in a process of its own, so that its CPU time and memory are its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { z } from 'zod';

const PRELOAD = new URL('./report-usage.ts', import.meta.url).href;
const START_LIMIT_MS = 30_000;
const ANSWER_LIMIT_MS = 10_000;

const usageSchema = z.strictObject({
  /** Of all threads, since the start of the process. */
  cpuMs: z.number(),
  residentMb: z.number(),
});

export type Usage = z.output<typeof usageSchema>;

export interface MeasuredProcess {
  /** The first line that the program printed, as JSON. */
  readonly ready: unknown;
  usage(): Promise<Usage>;
  /** Sends SIGTERM and waits for the end. */
  stop(): Promise<void>;
}

/**
 * Starts a program that prints one line of JSON once it is ready.
 *
 * @param args options of Node, the program's file and its arguments
 * @param logFile gets what the program writes to standard error
 * @throws Error when it ends before, or is not ready within 30 seconds
 */
export async function startMeasuredProcess(
  args: readonly string[],
  logFile: string,
  cwd: string,
): Promise<MeasuredProcess> {
  const child = spawn(process.execPath, ['--import', PRELOAD, ...args], {
    cwd,
    stdio: ['ignore', 'pipe', openSync(logFile, 'a'), 'ipc'],
  });
  const killWithUs = () => child.kill('SIGKILL');
  process.once('exit', killWithUs);
  return {
    ready: JSON.parse(await firstLine(child, args.join(' '))),
    async usage() {
      child.send('usage');
      const [usage] = await once(child, 'message', { signal: AbortSignal.timeout(ANSWER_LIMIT_MS) });
      return usageSchema.parse(usage);
    },
    async stop() {
      process.removeListener('exit', killWithUs);
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function firstLine({ stdout, pid }: ChildProcess, program: string): Promise<string> {
  if (stdout === null) throw new Error(`${program} has no output`);
  const signal = AbortSignal.timeout(START_LIMIT_MS);
  try {
    const [line] = await once(createInterface({ input: stdout }), 'line', { signal });
    return String(line);
  } catch (cause) {
    throw new Error(`${program} was not ready within ${START_LIMIT_MS / 1_000} s (pid ${pid})`, { cause });
  }
}
