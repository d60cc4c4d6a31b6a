/** `npm run relay -- …`: runs the operator's CLI. */
import { buffer } from 'node:stream/consumers';
import { relays } from '../lib/connect/relays.ts';
import { run } from '../lib/operator/cli/program.ts';

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
  return interrupted.signal;
}

// `process.exit` could end the process before its output is written to a pipe.
process.exitCode = await run(process.argv.slice(2), {
  out: (text) => stdout.write(text),
  err: (text) => stderr.write(text),
  input: () => buffer(stdin),
  environment: env,
  // The launcher bin/relay.mjs sets the name.
  program: env.RELAY_PROGRAM || 'npm run relay --',
  workingFolder: process.cwd(),
  isColoured: stdout.isTTY === true && stdout.hasColors(),
  columns: stdout.isTTY ? stdout.columns : undefined,
  errColumns: stderr.isTTY ? stderr.columns : undefined,
  interruption,
  relays,
  // Loaded by the command that needs it.
  serveConsole: async (options) => (await import('../lib/console/serve-console.ts')).serveConsole(options),
});
