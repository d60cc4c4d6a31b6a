/** `npm run demo`: exits 0 only if every endpoint received every expected webhook, byte for byte. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { green, red } from 'yoctocolors';
import { demo } from '../lib/demo/demo.ts';
import { callInThread } from '../lib/local/call-in-thread.ts';

const SYNTHESIS = new URL('../lib/stack/synthesize-template.ts', import.meta.url);

const startedAtMs = Date.now();
const dataDir = await mkdtemp(join(tmpdir(), 'sensaria-relay-demo-'));
try {
  const { template } = (await callInThread(SYNTHESIS, 'synthesizeTemplate')) as { template: unknown };
  const missing = await demo({
    template,
    root: fileURLToPath(new URL('..', import.meta.url)),
    dataDir,
    print: (line) => console.log(line),
  });
  const seconds = ((Date.now() - startedAtMs) / 1000).toFixed(1);
  for (const sentence of missing) console.error(red(`  ${sentence}`));
  console.log(
    missing.length === 0
      ? green(`\n  Every endpoint got every webhook, byte for byte, in ${seconds} s.\n`)
      : red(`\n  ${missing.length} deliveries are missing or wrong, after ${seconds} s.\n`),
  );
  process.exitCode = missing.length === 0 ? 0 : 1;
} finally {
  await rm(dataDir, { recursive: true, force: true });
}
process.exit();
