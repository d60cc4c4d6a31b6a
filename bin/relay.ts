/** `npm run relay -- …`: the operator's CLI in this process. */
import { buffer } from 'node:stream/consumers';
import { run } from '../lib/operator/cli/program.ts';

const { stdin, stdout, stderr, env } = process;

for (const stream of [stdout, stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // Whoever read it, such as `head`, has read enough; what the command does it does nevertheless.
    if (error.code !== 'EPIPE') throw error;
  });
}

// Not `process.exit`: what was written may still be on its way into a pipe.
process.exitCode = await run(process.argv.slice(2), {
  out: (text) => stdout.write(text),
  err: (text) => stderr.write(text),
  input: () => buffer(stdin),
  environment: env,
  isColoured: stdout.isTTY === true && stdout.hasColors(),
  columns: stdout.isTTY ? stdout.columns : undefined,
});
