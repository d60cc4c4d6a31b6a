/**
 * `npm run test:kill`: kills a busy relay with SIGKILL, starts it again, and accounts for every webhook that it had
 * answered 2xx. Exit code 1 when one is missing anywhere, or something stale came after something newer.
 */
import { Command, InvalidArgumentError } from 'commander';
import { IDS } from './five-endpoints.ts';
import { killUnderLoad } from './kill-under-load.ts';
import { duplicatesAt } from './verdict.ts';

const { seconds, kills, seed } = new Command('npm run test:kill --')
  .option('--seconds <number>', 'how long webhooks come', wholeNumber, 30)
  .option('--kills <number>', 'how often it is killed meanwhile', wholeNumber, 10)
  .option('--seed <number>', 'for the moments and the gaps', wholeNumber, Math.floor(Math.random() * 100_000))
  .parse()
  .opts<{ seconds: number; kills: number; seed: number }>();

console.log(`seed ${seed}`);
const report = await killUnderLoad({ seconds, kills, seed, say: (text) => console.log(text) });
const { sent, accepted, arrivals, failures, settledAfterMs } = report;
console.log(
  `\n${sent} webhooks sent, ${accepted.length} answered 2xx, ${sent - accepted.length} without an answer while the relay was down; killed ${kills} times; all settled after ${(settledAfterMs / 1000).toFixed(0)} s`,
);
console.table(
  Object.fromEntries(
    IDS.map((id) => {
      const own = arrivals.filter(({ endpoint }) => endpoint === id);
      const delivered = own.filter(({ acknowledgedAtMs }) => acknowledgedAtMs !== undefined);
      const duplicates = duplicatesAt(id, arrivals);
      return [
        id,
        {
          requests: own.length,
          acknowledged: delivered.length,
          events: new Set(delivered.map(({ eventId }) => eventId)).size,
          duplicates,
          'duplicates per 1,000': Math.round((duplicates / Math.max(1, delivered.length)) * 1_000),
        },
      ];
    }),
  ),
);
for (const failure of failures.slice(0, 20)) console.error(failure);
console.log(
  failures.length === 0
    ? 'Nothing was lost, and nothing stale came late.'
    : `${failures.length} things are wrong.`,
);
process.exit(failures.length === 0 ? 0 : 1);

function wholeNumber(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}
