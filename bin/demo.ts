/** `npm run demo`: exits 0 only if every endpoint received what its ordering promises, byte for byte. */
import './colours.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { green, red } from 'yoctocolors';
import { demo } from '../lib/demo/demo.ts';

const startedAtMs = Date.now();
const dataDir = await mkdtemp(join(tmpdir(), 'sensaria-relay-demo-'));
try {
  const problems = await demo({ dataDir, print: (line) => console.log(line) });
  const seconds = ((Date.now() - startedAtMs) / 1000).toFixed(1);
  for (const sentence of problems) console.error(red(`  ${sentence}`));
  console.log(
    problems.length === 0
      ? green(
          `\n  Every endpoint has the newest order, byte for byte, and none received an older one after it (${seconds} s).\n`,
        )
      : red(`\n  ${problems.length} promises are broken, after ${seconds} s.\n`),
  );
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  await rm(dataDir, { recursive: true, force: true });
}
process.exit();
