/** `npm run bench`: the relay on one machine beside a bare reference, with the bars that it must meet. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { wholeNumber } from '../../bin/whole-number.ts';
import { barsOf, type Comparison } from './one-machine/bars.ts';
import { barsText, comparisonText, headline, memoryText } from './one-machine/bench-report.ts';
import { compare } from './one-machine/compare.ts';
import { measureMemory } from './one-machine/memory.ts';
import { startRelay, stop } from './one-machine/subjects.ts';

const MEMORY_ENDPOINTS = 5;

interface Options {
  readonly endpoints: readonly number[];
  readonly starts: number;
  readonly rounds: number;
  readonly deliveries: number;
  readonly seconds: number;
  readonly events: number;
  readonly json: boolean;
}

await new Command('npm run bench --')
  .description(
    'Measures the relay on this machine beside a bare reference. Takes about eight minutes. Exit code 1 when a bar is missed.',
  )
  .addOption(
    new Option('--endpoints <numbers>', 'numbers of endpoints, with commas')
      .argParser(parseCounts)
      .default([5, 50], '5,50'),
  )
  .option('--starts <number>', 'how often both programs are started', wholeNumber(1, 99), 3)
  .option('--rounds <number>', 'rounds of each load after each start', wholeNumber(1, 99), 3)
  .option(
    '--deliveries <number>',
    'deliveries in each round of a closed loop',
    wholeNumber(1, 1_000_000),
    7_500,
  )
  .option('--seconds <number>', 'length of each round at a fixed rate', wholeNumber(1, 600), 3)
  .option('--events <number>', 'events while memory is measured', wholeNumber(1, 1_000_000), 20_000)
  .option('--json', 'print one JSON document, and nothing else', false)
  .allowExcessArguments(false)
  .action(bench)
  .parseAsync();

async function bench({ json, events, ...options }: Options): Promise<void> {
  const folder = folderOfThisRun();
  const print = json ? () => {} : (text: string) => console.log(`${text}\n`);
  const onProgress = json || !process.stderr.isTTY ? () => {} : (text: string) => console.error(text);
  print(headline(options.endpoints, options.starts * options.rounds));
  const comparisons: Comparison[] = [];
  for (const endpoints of options.endpoints)
    comparisons.push(...(await compare({ ...options, endpoints, folder, onProgress })));
  print(comparisonText(comparisons));
  const relay = await startRelay(join(folder, 'memory'), MEMORY_ENDPOINTS);
  const memory = await measureMemory(relay, events);
  await stop(relay);
  print(memoryText(memory));
  const bars = barsOf(comparisons, memory);
  const met = bars.filter(({ isMet }) => isMet).length;
  if (json) console.log(JSON.stringify({ comparisons, memory, bars }, null, 2));
  else {
    print(barsText(bars));
    console.log(`${met} of ${bars.length} bars met`);
  }
  process.exitCode = met === bars.length ? 0 : 1;
}

/** Removed however the run ends. */
function folderOfThisRun(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sensaria-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  return folder;
}

function parseCounts(text: string): number[] {
  return text.split(',').map(wholeNumber(1, 500));
}
