/** The bench's first part: how long the local relay takes from being started until it takes webhooks. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const START = fileURLToPath(new URL('../../bin/start-stack.ts', import.meta.url));
const STARTS = 3;

export interface StartUp {
  /** With nothing compiled yet, as on a machine where the relay was never started. */
  readonly firstMs: number;
  readonly laterMs: readonly number[];
}

/** One start after another, each on a data folder of its own within `folder`. */
export async function measureStartUp(folder: string): Promise<StartUp> {
  // In the folder for temporary files Node keeps what V8 has compiled, from one start to the next.
  const tempDir = join(folder, 'temp');
  mkdirSync(tempDir);
  const firstMs = await startMs(join(folder, 'start-first'), tempDir);
  const laterMs: number[] = [];
  for (let start = 1; start <= STARTS; start++) {
    laterMs.push(await startMs(join(folder, `start-${start}`), tempDir));
  }
  return { firstMs, laterMs };
}

async function startMs(dataDir: string, tempDir: string): Promise<number> {
  const startedAtMs = performance.now();
  const child = spawn(process.execPath, [START, '--data', dataDir, '--port', '0', '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TMPDIR: tempDir, TEMP: tempDir },
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const exited = once(child, 'exit');
  try {
    await Promise.race([firstLine(child), exited.then(() => refuse(child))]);
    return performance.now() - startedAtMs;
  } finally {
    child.kill('SIGINT');
    await exited;
    process.off('exit', kill);
  }
}

async function firstLine({ stdout }: ChildProcess): Promise<void> {
  if (stdout !== null) await once(createInterface({ input: stdout }), 'line');
}

function refuse({ exitCode }: ChildProcess): never {
  throw new Error(`The relay ended with ${exitCode} before it was ready`);
}
