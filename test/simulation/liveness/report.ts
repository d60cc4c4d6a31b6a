/**
 * Measures how long the relay takes to settle, by the state that an endpoint is in.
 *
 *   node test/simulation/liveness/report.ts            one line for each scenario, as a Markdown table
 *   node test/simulation/liveness/report.ts --all      every figure
 *   node test/simulation/liveness/report.ts removed    scenarios whose title or state contains the word
 *   node test/simulation/liveness/report.ts --test     at the size of the tests
 *   node test/simulation/liveness/report.ts --seed=7   with other latencies
 */
import { holds, shown } from './figures.ts';
import { SCENARIOS } from './scenarios.ts';

const args = process.argv.slice(2);
const size = args.includes('--test') ? 'test' : 'full';
const seed = Number(args.find((arg) => arg.startsWith('--seed='))?.slice('--seed='.length) ?? 1);
const word = args.find((arg) => !arg.startsWith('--')) ?? '';

console.log('| Endpoint | Situation | Figure | Measured | Bound | |');
console.log('|---|---|---|---|---|---|');
let missed = 0;
for (const { state, title, measure } of SCENARIOS) {
  if (!`${state} ${title}`.includes(word)) continue;
  const started = Date.now();
  const figures = await measure({ size, seed });
  missed += figures.filter((figure) => !holds(figure)).length;
  const shownFigures = args.includes('--all') ? figures : figures.slice(0, 1);
  for (const figure of shownFigures) {
    // The one line of a scenario says whether all of its bounds hold.
    const isFine = args.includes('--all') ? holds(figure) : figures.every(holds);
    const cells = [state, title, figure.what, shown(figure, figure.measured)];
    const bound = `${figure.is} ${shown(figure, figure.bound)}`;
    console.log(`| ${cells.join(' | ')} | ${bound} | ${isFine ? '' : 'missed'} |`);
  }
  if (args.includes('--all')) console.error(`${((Date.now() - started) / 1000).toFixed(1)} s: ${title}`);
}
console.error(missed === 0 ? 'every bound holds' : `${missed} bounds are missed`);
process.exit(missed === 0 ? 0 : 1);
