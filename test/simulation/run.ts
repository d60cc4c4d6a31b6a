/**
 * Runs the simulation from the command line.
 *
 *   node test/simulation/run.ts 5000            seeds 1 to 5000
 *   node test/simulation/run.ts 5000 20000      seeds 5000 to 20000
 *   node test/simulation/run.ts --first 5000    no further than the first one that fails
 *   node test/simulation/run.ts --seed 17       one seed, with its history
 *   node test/simulation/run.ts --shrink 17     one seed that fails, with as few faults as it needs for that
 *
 * Options that go with each:
 *
 *   --without "process paused,cold start"       these faults never strike
 *   --only "process paused,endpoint failed"     no other faults strike
 *   --late-batches-as-they-are                  a batch that starts late does not extend its messages' visibility
 *   --all                                       report every seed that fails, not the first ten
 */
import { parseArgs } from 'node:util';
import { FAULT_KINDS } from './faults.ts';
import type { EndpointState } from './liveness.ts';
import { shrink } from './shrink.ts';
import { type SimulationOptions, simulate } from './simulate.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    first: { type: 'boolean' },
    seed: { type: 'string' },
    shrink: { type: 'string' },
    without: { type: 'string', default: '' },
    only: { type: 'string' },
    'late-batches-as-they-are': { type: 'boolean', default: false },
    all: { type: 'boolean', default: false },
  },
});
const named = (values.only ?? values.without).split(',').filter((name) => name !== '');
const unknown = named.filter((name) => !FAULT_KINDS.some((kind) => kind === name));
if (unknown.length > 0) {
  console.error(`no such fault: ${unknown.join(', ')}; the faults are: ${FAULT_KINDS.join(', ')}`);
  process.exit(2);
}
const options: SimulationOptions = {
  without: new Set(FAULT_KINDS.filter((kind) => named.includes(kind) === (values.only === undefined))),
  extendsLateBatches: !values['late-batches-as-they-are'],
};

const one = values.seed ?? values.shrink;
if (one !== undefined) {
  const shrunk = values.seed === undefined ? await shrink(Number(one), options) : undefined;
  const report = shrunk?.report ?? (await simulate(Number(one), options));
  console.log(report.history.join('\n'));
  if (shrunk !== undefined) console.log(shrunk.result);
  console.log(report.failures.length === 0 ? 'held' : report.failures.join('\n'));
  process.exit(report.failures.length === 0 ? 0 : 1);
}

const [first, second] = positionals;
const from = second === undefined ? 1 : Number(first);
const to = Number(second ?? first ?? 2000);
const failuresWanted = values.first ? 1 : values.all ? Number.POSITIVE_INFINITY : 10;
const totals = new Map<string, number>();
const slowest = new Map<EndpointState, { minutes: string; ms: number; seed: number }>();
let failed = 0;
let ran = 0;
const started = Date.now();
for (let seed = from; seed <= to && failed < failuresWanted; seed++) {
  const report = await simulate(seed, options);
  ran += 1;
  const { faults, webhooks, sends, deadLetters } = report;
  for (const [name, count] of [...faults, ...Object.entries({ webhooks, sends, deadLetters })])
    totals.set(name, (totals.get(name) ?? 0) + count);
  for (const [state, ms] of report.settledInMs) {
    if (ms > (slowest.get(state)?.ms ?? 0))
      slowest.set(state, { minutes: (ms / 60_000).toFixed(1), ms, seed });
  }
  if (report.failures.length === 0) continue;
  failed += 1;
  console.log(`seed ${seed}: ${report.failures[0]}`);
}
console.table(Object.fromEntries(totals));
console.log('The longest that it took to settle once faults had stopped, by the state of the endpoint then:');
console.table(
  Object.fromEntries([...slowest].map(([state, { minutes, seed }]) => [state, { minutes, seed }])),
);
console.log(`${ran} seeds in ${((Date.now() - started) / 1000).toFixed(1)} s, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
