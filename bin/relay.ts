/** `npm run relay -- …`: the operator's CLI in this process. */
import { buffer } from 'node:stream/consumers';
import { awsRelays } from '../lib/connect/relays.ts';
import { run } from '../lib/operator/cli/program.ts';

const { stdin, stdout, stderr, env } = process;

for (const stream of [stdout, stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // Whoever read it, such as `head`, has read enough; what the command does it does nevertheless.
    if (error.code !== 'EPIPE') throw error;
  });
}

/** npm hands on a Ctrl-C that the terminal has sent to its children already: so one comes as two. */
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

// Not `process.exit`: what was written may still be on its way into a pipe.
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
