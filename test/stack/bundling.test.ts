import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Expressions } from '../../lib/relay/ports/expressions.ts';
import { bundleInto, bundleSeparately } from '../../lib/stack/bundling.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const FILES = ['lib/aws/expressions/expression-process.ts', 'lib/aws/expressions/expression-thread.ts'];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sensaria relay's bundle-"));
  bundleInto(REPOSITORY, [...FILES, 'lib/aws/expressions/process-expressions.ts'], folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const bundleSchema = z.object({
  ProcessExpressions: z.custom<new () => Expressions & { close(): void }>(
    (value) => typeof value === 'function',
  ),
});

describe('what is bundled beside a function', () => {
  it('evaluates when it is started from where the bundles are', async () => {
    const bundle: unknown = await import(pathToFileURL(join(folder, 'process-expressions.mjs')).href);
    const expressions = new (bundleSchema.parse(bundle).ProcessExpressions)();
    const event = { id: 'evt_1', source: 'main', receivedAt: '2026-03-01T12:00:00Z' };

    const evaluated = await expressions.evaluate(
      'order.n + 1',
      { event, changes: [], order: { n: 1 } },
      'value',
    );
    expressions.close();

    expect(evaluated).toEqual({ kind: 'value', value: 2 });
  });

  it('keeps the library of expressions out of what every function loads', async () => {
    const { size } = await stat(join(folder, 'expression-process.mjs'));

    expect(size).toBeLessThan(2_000);
  });

  it('is bundled by one command, whatever the path of the repository', () => {
    const { commandHooks } = bundleSeparately("/home/o'neil/my relay/", ['lib/a.ts']);

    expect(commandHooks?.afterBundling('/in', '/out')).toEqual([
      expect.stringMatching(
        /^'\/home\/o'\\''neil\/my relay\/node_modules\/\.bin\/esbuild' '\/home\/o'\\''neil\/my relay\/lib\/a\.ts' '--outdir=\/out' /,
      ),
    ]);
  });
});
