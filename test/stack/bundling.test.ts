import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Expressions } from '../../lib/relay/ports/expressions.ts';
import { bundledCode, bundleFunction, bundleProcesses } from '../../lib/stack/bundling.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const FILES = ['lib/node/expressions/expression-process.ts', 'lib/node/expressions/expression-thread.ts'];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sensaria relay's bundle-"));
  bundleProcesses(REPOSITORY, [...FILES, 'lib/node/expressions/process-expressions.ts'], folder);
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
});

describe('a function', () => {
  it('is bundled without a shell, so its path may contain any character', async () => {
    const repository = join(folder, 'a $(touch x) `y` \'z\' & "q"');
    mkdirSync(join(repository, 'lambdas'), { recursive: true });
    writeFileSync(join(repository, 'lambdas/ingest.ts'), 'export const handler = (n: number) => n + 1;');
    writeFileSync(join(repository, 'lambdas/beside.ts'), 'export const value = 41;');
    const output = join(repository, 'output');

    bundleFunction(repository, { handler: 'lambdas/ingest.ts', processes: ['lambdas/beside.ts'] }, output);

    const { handler } = await import(pathToFileURL(join(output, 'index.mjs')).href);
    const { value } = await import(pathToFileURL(join(output, 'beside.mjs')).href);
    expect(handler(value)).toBe(42);
  });

  it('has a bundle of its own, though all handlers are in one folder', () => {
    const handlers = ['lambdas/ingest.ts', 'lambdas/other.ts'];
    mkdirSync(join(folder, 'two/lambdas'), { recursive: true });
    for (const handler of handlers)
      writeFileSync(join(folder, 'two', handler), `export const handler = () => '${handler}';`);

    const [one, other] = assetsOf(join(folder, 'two'), handlers);

    expect(one).not.toBe(other);
  });

  it('is a new asset for the CDK only when its bundle differs', () => {
    const assets = ['one', 'one', 'two'].map(assetOf);

    expect(assets[0]).toBe(assets[1]);
    expect(assets[0]).not.toBe(assets[2]);
  });
});

/** The name of the asset of a function with this source. */
function assetOf(source: string, index: number): string | undefined {
  const repository = join(folder, `repository ${index}`);
  mkdirSync(join(repository, 'lambdas'), { recursive: true });
  writeFileSync(join(repository, 'lambdas/ingest.ts'), `export const handler = () => '${source}';`);
  return assetsOf(repository, ['lambdas/ingest.ts'])[0];
}

/** The names of the assets of functions in one stack. */
function assetsOf(repository: string, handlers: readonly string[]): string[] {
  // app.test.ts validates the template, which takes seconds.
  const app = new App({ outdir: join(repository, 'cdk.out'), builtinCloudFormationValidation: false });
  const stack = new Stack(app, 'Stack');
  for (const handler of handlers) {
    new LambdaFunction(stack, handler, {
      code: bundledCode(repository, { handler }),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
    });
  }
  const functions = Template.fromStack(stack).findResources('AWS::Lambda::Function');
  return Object.values(functions).map(({ Properties }) => Properties.Code.S3Key);
}
