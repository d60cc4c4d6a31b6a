/**
 * Measures the cost of expressions at a cold start: the bundled fan-out handler, imported in a fresh process, and what the first
 * evaluation adds for those who use one.
 *
 *   npm run bench:cold-start            medians of 15 runs
 *   npm run bench:cold-start -- 40      of so many
 *   npm run bench:cold-start -- 15 a b  of the bundles in the folders a and b, taking turns
 */
import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { z } from 'zod';
import { bundleFunction, bundleProcesses } from '../../lib/stack/bundling.ts';
import { EXPRESSION_PROCESS } from '../../lib/stack/functions.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const EXPRESSIONS = 'process-expressions.mjs';

const [runs = '15', ...folders] = process.argv.slice(2);
const made = folders.length === 0 ? await bundle() : undefined;
report(made === undefined ? folders : [made], Number(runs));
if (made !== undefined) await rm(made, { recursive: true });

/** Bundles fan-out as the stack does, and the port of expressions by itself, to be called. */
async function bundle(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sensaria-relay-cold-'));
  bundleFunction(ROOT, { handler: 'lambdas/fan-out.ts', processes: EXPRESSION_PROCESS }, folder);
  bundleProcesses(ROOT, ['lib/aws/expressions/process-expressions.ts'], folder);
  return folder;
}

/** Takes turns, so that what else the machine does falls on all alike. */
function report(bundles: readonly string[], count: number): void {
  const imports = new Map(bundles.map((folder) => [folder, [] as number[]]));
  const evaluations = new Map(bundles.map((folder) => [folder, [] as number[]]));
  for (let run = 0; run < count; run++) {
    for (const folder of bundles) {
      imports.get(folder)?.push(timed(importing(hrefOf(folder, 'index.mjs'))));
      if (existsSync(join(folder, EXPRESSIONS)))
        evaluations.get(folder)?.push(timed(evaluating(hrefOf(folder, EXPRESSIONS))));
    }
  }
  for (const folder of bundles) {
    const sizeKb = Math.round(statSync(join(folder, 'index.mjs')).size / 1024);
    console.log(`${folder}: index.mjs ${sizeKb} KB, medians of ${count} runs`);
    console.log(`  import of fan-out's handler            ${median(imports.get(folder))} ms`);
    console.log(`  first evaluation, its process started  ${median(evaluations.get(folder))} ms`);
  }
}

function hrefOf(folder: string, file: string): string {
  return pathToFileURL(join(folder, file)).href;
}

function importing(href: string): string {
  return `const t=performance.now();await import('${href}');console.log(performance.now()-t);process.exit()`;
}

function evaluating(href: string): string {
  return (
    `const {ProcessExpressions}=await import('${href}');const t=performance.now();` +
    `const x=new ProcessExpressions();const r=await x.evaluate('order.n=1',{changes:[],order:{n:1}},'boolean');` +
    `if(r.value!==true)throw new Error('it did not evaluate');console.log(performance.now()-t);process.exit()`
  );
}

function timed(script: string): number {
  const variables = ['EVENT_LOG_TABLE', 'CONFIG_TABLE'].map((name) => [name, 'none']);
  const queues = ['EVENTS', 'DELIVERIES', 'EVENTS_DEAD_LETTER'].map((name) => [
    `${name}_QUEUE_URL`,
    'https://sqs.invalid/1/none',
  ]);
  const env = {
    ...Object.fromEntries([...variables, ...queues]),
    RETENTION_DAYS: '30',
    PAYLOAD_RETENTION_DAYS: '30',
    AWS_REGION: 'us-east-1',
    POWERTOOLS_METRICS_NAMESPACE: 'Bench',
  };
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    env,
    encoding: 'utf8',
  });
  return z.coerce.number().parse(output.trim());
}

function median(values: readonly number[] = []): string {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]?.toFixed(1) ?? '–';
}
