/**
 * Measures cold starts: how long a fresh process takes to import each bundled handler, beside a bare handler with the
 * same AWS clients; and what the first evaluation of an expression adds for those who use one. Compare the CPU time when
 * the machine is busy: waiting for a core does not count in it.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Command } from 'commander';
import { z } from 'zod';
import { wholeNumber } from '../../bin/whole-number.ts';
import { bundleFunction, bundleProcesses } from '../../lib/stack/bundling.ts';
import { EXPRESSION_PROCESS } from '../../lib/stack/functions.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const EXPRESSIONS = 'process-expressions.mjs';
/** The first is what the others are compared with. */
const SOURCES = {
  bare: 'test/bench/bare-handler.ts',
  ingest: 'lambdas/ingest.ts',
  'fan-out': 'lambdas/fan-out.ts',
  deliver: 'lambdas/deliver.ts',
  sweep: 'lambdas/sweep.ts',
};

const durationSchema = z.object({ ms: z.number(), cpuMs: z.number() });
type Duration = z.output<typeof durationSchema>;
const NO_RUN: Duration = { ms: Number.NaN, cpuMs: Number.NaN };

/** The parts of a script before and after the part that is measured. */
const START = 'const c=process.cpuUsage(),t=performance.now()';
const END =
  'const ms=performance.now()-t,{user,system}=process.cpuUsage(c);' +
  'console.log(JSON.stringify({ms,cpuMs:(user+system)/1000}));process.exit()';

const command = new Command('npm run bench:cold-start --')
  .description(
    'Measures how long a fresh process takes to import each bundled function. Compare CPU times while the machine is busy.',
  )
  .option('--runs <number>', 'runs of each bundle, of which the median counts', wholeNumber(1, 9_999), 15)
  .argument(
    '[folders...]',
    'other bundles to compare; each folder has an index.mjs, and ratios are to the first',
  )
  .parse();
const { runs } = command.opts<{ runs: number }>();
const folders = command.args;
const missing = folders.find((folder) => !existsSync(join(folder, 'index.mjs')));
if (missing !== undefined) command.error(`error: there is no index.mjs in ${missing}`);
const made = folders.length === 0 ? await bundle() : undefined;
report(made === undefined ? folders : Object.keys(SOURCES).map((name) => join(made, name)), runs);
if (made !== undefined) await rm(made, { recursive: true });

/** Bundles each function as the stack does, and the port of expressions by itself, to be called. */
async function bundle(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sensaria-relay-cold-'));
  for (const [name, handler] of Object.entries(SOURCES))
    bundleFunction(ROOT, { handler }, join(folder, name));
  bundleProcesses(
    ROOT,
    [...EXPRESSION_PROCESS, 'lib/node/expressions/process-expressions.ts'],
    join(folder, 'fan-out'),
  );
  return folder;
}

/** Takes turns, so that what else the machine does falls on all alike. */
function report(bundles: readonly string[], count: number): void {
  const imports = new Map(bundles.map((folder) => [folder, [] as Duration[]]));
  const evaluations: Duration[] = [];
  for (let run = 0; run < count; run++) {
    for (const folder of bundles) {
      imports.get(folder)?.push(timed(importing(hrefOf(folder, 'index.mjs'))));
      if (existsSync(join(folder, EXPRESSIONS)))
        evaluations.push(timed(evaluating(hrefOf(folder, EXPRESSIONS))));
    }
  }
  const medians = bundles.map((folder) => medianOf(imports.get(folder)));
  console.log(
    `import of the handler, medians of ${count} runs; × is the ratio to ${basename(bundles[0] ?? '')}`,
  );
  for (const [index, folder] of bundles.entries()) {
    const [one, first] = [medians[index] ?? NO_RUN, medians[0] ?? NO_RUN];
    const wall = `${one.ms.toFixed(1).padStart(7)} ms ${(one.ms / first.ms).toFixed(2)} ×`;
    const cpu = `${one.cpuMs.toFixed(1).padStart(7)} ms ${(one.cpuMs / first.cpuMs).toFixed(2)} ×`;
    console.log(`  ${basename(folder).padEnd(10)} ${wall}   CPU ${cpu}`);
  }
  if (evaluations.length > 0)
    console.log(
      `first evaluation of an expression, its process started: ${medianOf(evaluations).ms.toFixed(1)} ms`,
    );
}

function hrefOf(folder: string, file: string): string {
  return pathToFileURL(join(folder, file)).href;
}

function importing(href: string): string {
  return `${START};await import('${href}');${END}`;
}

function evaluating(href: string): string {
  return (
    `const {ProcessExpressions}=await import('${href}');${START};` +
    `const x=new ProcessExpressions();const r=await x.evaluate('order.n=1',{changes:[],order:{n:1}},'boolean');` +
    `if(r.value!==true)throw new Error('it did not evaluate');${END}`
  );
}

function timed(script: string): Duration {
  const variables = ['EVENT_LOG_TABLE', 'CONFIG_TABLE'].map((name) => [name, 'none']);
  const queues = ['EVENTS', 'DELIVERIES', 'EVENTS_DEAD_LETTER', 'DELIVERIES_DEAD_LETTER'].map((name) => [
    `${name}_QUEUE_URL`,
    'https://sqs.invalid/1/none',
  ]);
  const env = {
    ...Object.fromEntries([...variables, ...queues]),
    RETENTION_DAYS: '30',
    PAYLOAD_RETENTION_DAYS: '30',
    SILENCE_HOURS: '24',
    AWS_REGION: 'us-east-1',
    POWERTOOLS_METRICS_NAMESPACE: 'Bench',
  };
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    env,
    encoding: 'utf8',
  });
  return durationSchema.parse(JSON.parse(output));
}

function medianOf(durations: readonly Duration[] = []): Duration {
  return { ms: median(durations.map(({ ms }) => ms)), cpuMs: median(durations.map(({ cpuMs }) => cpuMs)) };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
