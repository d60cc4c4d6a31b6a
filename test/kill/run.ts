/**
 * `npm run test:kill`: kills a busy relay with SIGKILL, starts it again, and accounts for every webhook that it had
 * answered 2xx. Exit code 1 when one is missing anywhere, or something stale came after something newer.
 */
import { Command, Option } from 'commander';
import { wholeNumber } from '../../bin/whole-number.ts';
import { ENGINES, type Engine } from '../end-to-end/engines.ts';
import { killUnderLoad } from './kill-under-load.ts';
import { reportText } from './report.ts';

const { engine, seconds, kills, seed } = new Command('npm run test:kill --')
  .description('Kills a busy relay again and again, and accounts for every webhook. Takes some minutes.')
  .addOption(new Option('--engine <name>', 'which relay').choices(ENGINES).default(ENGINES[1]))
  .option('--seconds <number>', 'how long webhooks come while the relay runs', wholeNumber(0, 999_999), 30)
  .option('--kills <number>', 'how often it is killed meanwhile', wholeNumber(0, 999_999), 10)
  .option(
    '--seed <number>',
    'for moments, bursts and gaps',
    wholeNumber(0, 999_999),
    Math.floor(Math.random() * 100_000),
  )
  .allowExcessArguments(false)
  .parse()
  .opts<{ engine: Engine; seconds: number; kills: number; seed: number }>();

console.log(`seed ${seed}`);
let lastSaid = '';
const say = (text: string) => {
  if (text !== lastSaid) console.log(text);
  lastSaid = text;
};
const report = await killUnderLoad({ engine, seconds, kills, seed, untilNothingIsOwed: true, say });
console.log(reportText(report));
process.exit(report.failures.length === 0 ? 0 : 1);
