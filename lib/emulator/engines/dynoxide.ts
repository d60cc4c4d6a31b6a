/**
 * The embedded DynamoDB on Linux: dynoxide, a program over one SQLite file.
 *
 * It answers web pages of any site, and has no option against that. So it listens on a random address out of the 16
 * million of the loopback and on a random port, which no page can find by trying.
 */
import { randomInt } from 'node:crypto';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { startChildEngine } from './child-engine.ts';
import type { Engine } from './engine.ts';

/** Another program may use the port on all addresses. */
const TRIES = 5;

/** Undefined on a platform without the package, or when npm was told to install no optional packages. */
export function dynoxideProgram(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  try {
    const { resolve } = createRequire(import.meta.url);
    return join(dirname(resolve('@dynoxide/linux-x64/package.json')), 'dynoxide');
  } catch {
    // It is not installed.
    return undefined;
  }
}

/** @param file the SQLite file; without it, all data is in memory */
export async function startDynoxide(program: string, file?: string): Promise<Engine> {
  for (let tries = 1; ; tries++) {
    const host = ['127', byte(), byte(), byte()].join('.');
    const port = String(randomInt(1_024, 65_536));
    const place = file === undefined ? [] : ['--db-path', file];
    try {
      const child = await startChildEngine(
        program,
        ['serve', '--host', host, '--port', port, ...place],
        /^Dynoxide listening/,
      );
      return { ...child, endpoint: `http://${host}:${port}` };
    } catch (error) {
      if (tries === TRIES || !isPortTaken(error)) throw error;
    }
  }
}

/** Neither 0 nor 255, which end the addresses of a network and of a broadcast. */
function byte(): number {
  return randomInt(1, 255);
}

function isPortTaken(error: unknown): boolean {
  return error instanceof Error && /in use/i.test(error.message);
}
