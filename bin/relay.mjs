#!/usr/bin/env node
// The command `relay` of `npm link` and `npx .`: runs the CLI on the Node that npm installed. Plain JavaScript, because
// it runs on whichever Node (20 or later) is on the machine.
import { spawn, spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const bin = dirname(realpathSync(fileURLToPath(import.meta.url)));
const node = join(
  bin,
  '..',
  'node_modules',
  'node',
  'bin',
  process.platform === 'win32' ? 'node.exe' : 'node',
);

const setup = spawnSync(process.execPath, [join(bin, 'setup.mjs')], { stdio: ['ignore', 2, 2] });
if (setup.status !== 0) process.exit(1);

const compileCache = pathToFileURL(join(bin, 'compile-cache.mjs')).href;
const cli = spawn(node, ['--import', compileCache, join(bin, 'relay.ts'), ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, RELAY_PROGRAM: process.env.npm_command === 'exec' ? 'npx .' : 'relay' },
});
cli.on('error', (error) => {
  process.stderr.write(`Node cannot be started: ${error.message}\n`);
  process.exit(1);
});
// The terminal sends Ctrl-C to the CLI, too, and the CLI counts a signal that arrives twice at once as one.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => cli.kill(signal));
cli.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
