/** Runs the simulation from the command line; `--help` has the options. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { wholeNumber } from '../../bin/whole-number.ts';
import { FAULT_KINDS, type FaultKind } from './faults.ts';
import type { EndpointState } from './liveness.ts';
import { shrink } from './shrink.ts';
import { type SimulationOptions, simulate } from './simulate.ts';

const SEEDS = 2_000;
const seedNumber = wholeNumber(1, Number.MAX_SAFE_INTEGER);
const command = new Command('node test/simulation/run.ts')
  .description('Runs seeds of the simulation: from 1 to a number, or from one number to another.')
  .argument('[one]', 'the last seed; the first one if there are two numbers', seedNumber, SEEDS)
  .argument('[last]', 'the last seed', seedNumber)
  .allowExcessArguments(false)
  .option('--first', 'end at the first seed that fails')
  .option('--all', 'report every seed that fails, not the first ten')
  .option('--seed <number>', 'run one seed, and print its history', seedNumber)
  .option('--shrink <number>', 'remove faults from a seed that fails, while it still fails', seedNumber)
  .addOption(
    new Option('--without <faults>', 'these faults never strike')
      .argParser(faultKinds)
      .default(new Set(), 'none'),
  )
  .addOption(new Option('--only <faults>', 'no other faults strike').argParser(faultKinds))
  .option(
    '--late-batches-as-they-are',
    'a batch that starts late does not extend its messages’ visibility',
    false,
  )
  .addHelpText('after', `\nFaults, with commas between them:\n  ${FAULT_KINDS.join('\n  ')}`)
  .parse();
const values = command.opts<{
  first?: true;
  all?: true;
  seed?: number;
  shrink?: number;
  without: ReadonlySet<FaultKind>;
  only?: ReadonlySet<FaultKind>;
  lateBatchesAsTheyAre: boolean;
}>();
const { only, without } = values;
const options: SimulationOptions = {
  without: only === undefined ? without : new Set(FAULT_KINDS.filter((kind) => !only.has(kind))),
  extendsLateBatches: !values.lateBatchesAsTheyAre,
};

const one = values.seed ?? values.shrink;
if (one !== undefined) {
  const shrunk = values.seed === undefined ? await shrink(one, options) : undefined;
  const report = shrunk?.report ?? (await simulate(one, options));
  console.log(report.history.join('\n'));
  if (shrunk !== undefined) console.log(shrunk.result);
  console.log(report.failures.length === 0 ? 'held' : report.failures.join('\n'));
  process.exit(report.failures.length === 0 ? 0 : 1);
}

const [first = SEEDS, second]: (number | undefined)[] = command.processedArgs;
const [from, to] = second === undefined ? [1, first] : [first, second];
if (from > to) command.error(`error: seed ${from} comes after seed ${to}`);
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

function faultKinds(text: string): ReadonlySet<FaultKind> {
  const kinds = text.split(',').map((name) => {
    const kind = FAULT_KINDS.find((each) => each === name);
    if (kind === undefined) throw new InvalidArgumentError(`There is no such fault: ${name}. See --help.`);
    return kind;
  });
  return new Set(kinds);
}
