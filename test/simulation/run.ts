/**
 * Runs the simulation from the command line.
 *
 *   node test/simulation/run.ts 5000          seeds 1 to 5000
 *   node test/simulation/run.ts 5000 20000    seeds 5000 to 20000
 *   node test/simulation/run.ts --first 5000  no further than the first one that fails
 *   node test/simulation/run.ts --seed 17     one seed, with its history
 *   node test/simulation/run.ts --shrink 17   one seed that fails, with as few faults as it needs for that
 */
import { shrink } from './shrink.ts';
import { simulate } from './simulate.ts';

const [first, second] = process.argv.slice(2);
if (first === '--seed' || first === '--shrink') {
  const report = await (first === '--seed' ? simulate : shrink)(Number(second));
  console.log(report.history.join('\n'));
  console.log(report.failures.length === 0 ? 'held' : report.failures.join('\n'));
  process.exit(report.failures.length === 0 ? 0 : 1);
}

const isFirstEnough = first === '--first';
const from = second === undefined || isFirstEnough ? 1 : Number(first);
const to = Number(second ?? first ?? 2000);
const totals = new Map<string, number>();
const failed: number[] = [];
const started = Date.now();
for (let seed = from; seed <= to; seed++) {
  const report = await simulate(seed);
  for (const [kind, count] of report.faults) totals.set(kind, (totals.get(kind) ?? 0) + count);
  totals.set('webhooks', (totals.get('webhooks') ?? 0) + report.webhooks);
  totals.set('sends', (totals.get('sends') ?? 0) + report.sends);
  if (report.failures.length > 0) {
    failed.push(seed);
    console.log(`seed ${seed}: ${report.failures[0]}`);
    if (failed.length >= (isFirstEnough ? 1 : 10)) break;
  }
}
console.table(Object.fromEntries(totals));
console.log(
  `${to - from + 1} seeds in ${((Date.now() - started) / 1000).toFixed(1)} s, ${failed.length} failed`,
);
process.exit(failed.length === 0 ? 0 : 1);
