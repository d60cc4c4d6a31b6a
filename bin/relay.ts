/** `npm run relay -- …`: runs the operator's CLI. */
import { buffer } from 'node:stream/consumers';
import { awsRelays } from '../lib/connect/relays.ts';
import { run } from '../lib/operator/cli/program.ts';

const { stdin, stdout, stderr, env } = process;

for (const stream of [stdout, stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // The reader, such as `head`, closed the pipe. The command continues.
    if (error.code !== 'EPIPE') throw error;
  });
}

/** The terminal sends Ctrl-C to npm and to this process, and npm forwards it: one Ctrl-C arrives twice. */
const SAME_SIGNAL_MS = 500;

function interruption(): AbortSignal {
  const controller = new AbortController();
  let interruptedAtMs: number | undefined;
  process.on('SIGINT', () => {
    if (interruptedAtMs !== undefined && performance.now() - interruptedAtMs > SAME_SIGNAL_MS)
      process.exit(1);
    interruptedAtMs ??= performance.now();
    controller.abort();
  });
  return controller.signal;
}

// `process.exit` could end the process before its output is written to a pipe.
process.exitCode = await run(process.argv.slice(2), {
  out: (text) => stdout.write(text),
  err: (text) => stderr.write(text),
  input: () => buffer(stdin),
  environment: env,
  isColoured: stdout.isTTY === true && stdout.hasColors(),
  columns: stdout.isTTY ? stdout.columns : undefined,
  errColumns: stderr.isTTY ? stderr.columns : undefined,
  interruption,
  relays: awsRelays,
});
