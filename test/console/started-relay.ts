/** The process of `npm start`, without npm, over an empty folder of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const START = fileURLToPath(new URL('../../bin/start.ts', import.meta.url));

export interface StartedRelay {
  readonly url: string;
  readonly port: string;
  readonly dataDir: string;
  /** The lines of a file in the data folder. */
  saved(name: 'console-address' | 'webhook-address'): string;
  stop(): Promise<unknown>;
}

export function anEmptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sensaria-console-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Stopped when the test ends. */
export async function startRelay(
  dataDir: string,
  flags: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): Promise<StartedRelay> {
  const args = [START, '--data', dataDir, '--port', '0', '--json', ...flags];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...environment },
  });
  const exit = once(child, 'exit');
  const stop = () => {
    child.kill('SIGTERM');
    return exit;
  };
  onTestFinished(async () => void (await stop()));
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const { url } = JSON.parse(line);
  const saved = (name: string) => readFileSync(join(dataDir, name), 'utf8').trim();
  return { url, port: new URL(url).port, dataDir, saved, stop };
}
