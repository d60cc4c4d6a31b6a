/** `npm run relay -- …`: runs the operator's CLI. */
import './colours.ts';
import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { buffer } from 'node:stream/consumers';
import { relays } from '../lib/connect/relays.ts';
import { whenNpmIsGone } from '../lib/node/npm-parent.ts';
import { run } from '../lib/operator/cli/program.ts';
import { openBrowser } from './open-browser.ts';

const { stdin, stdout, stderr, env } = process;

/** Aborted by Ctrl-C, and when nobody reads the output any more. */
const interrupted = new AbortController();

for (const stream of [stdout, stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    // The reader, such as `head`, closed the pipe. A command that watches ends; others write nothing more.
    interrupted.abort();
  });
}

/** The terminal sends Ctrl-C to npm and to this process, and npm forwards it: one Ctrl-C arrives twice. */
const SAME_SIGNAL_MS = 500;

function interruption(): AbortSignal {
  let interruptedAtMs: number | undefined;
  process.on('SIGINT', () => {
    if (interruptedAtMs !== undefined && performance.now() - interruptedAtMs > SAME_SIGNAL_MS)
      process.exit(1);
    interruptedAtMs ??= performance.now();
    interrupted.abort();
  });
  whenNpmIsGone(() => interrupted.abort());
  return interrupted.signal;
}

function isForced(forceColor: string | undefined): boolean {
  return !['', '0', undefined].includes(forceColor);
}

/** The next output starts on a new line. */
function unanswered(): undefined {
  stderr.write('\n');
}

async function ask(question: string): Promise<string | undefined> {
  const lines = createInterface({ input: stdin, output: stderr });
  const ended = once(lines, 'close').then(() => undefined);
  try {
    return (await Promise.race([lines.question(question), ended])) ?? unanswered();
  } catch {
    // Ctrl-C.
    return unanswered();
  } finally {
    lines.close();
  }
}

// `process.exit` could end the process before its output is written to a pipe.
process.exitCode = await run(process.argv.slice(2), {
  out: (text) => stdout.write(text),
  err: (text) => stderr.write(text),
  input: () => buffer(stdin),
  ask: stdin.isTTY && stderr.isTTY ? ask : undefined,
  openBrowser,
  environment: env,
  // The launcher bin/relay.mjs sets the name.
  program: env.RELAY_PROGRAM || 'npm run relay --',
  workingFolder: process.cwd(),
  // In a pipe, only somebody who wants colours there sets FORCE_COLOR.
  isColoured: stdout.isTTY ? stdout.hasColors() : isForced(env.FORCE_COLOR),
  columns: stdout.isTTY ? stdout.columns : undefined,
  errColumns: stderr.isTTY ? stderr.columns : undefined,
  interruption,
  relays,
  // Loaded by the command that needs it.
  serveConsole: async (options) => (await import('../lib/console/serve-console.ts')).serveConsole(options),
});
