/** `npm run cost`: what AWS charges for a relay, by service. */
import { Command } from 'commander';
import { wholeNumber } from '../../bin/whole-number.ts';
import { synthesizeTemplate } from '../../lib/stack/synthesize-template.ts';
import { costOf } from './cost-model.ts';
import { costTable, type Month } from './cost-table.ts';
import { countCost } from './count-cost.ts';

interface Options {
  readonly eventsPerMonth: number;
  readonly endpoints: number;
  readonly items: number;
}

await new Command('npm run cost --')
  .description(
    'Estimates AWS charges from the calls that the relay makes. An order of three items sends about ten webhooks.',
  )
  .option('--events-per-month <number>', 'webhooks in a month', wholeNumber(1, 1e9), 10_000)
  .option('--endpoints <number>', 'endpoints that receive each webhook', wholeNumber(1, 50), 2)
  .option('--items <number>', 'items of each order', wholeNumber(1, 200), 3)
  .allowExcessArguments(false)
  .action(async ({ eventsPerMonth: events, ...load }: Options) => {
    const month: Month = { events, ...load };
    const inputs = await countCost(synthesizeTemplate().template, month);
    console.log(costTable(costOf(inputs), inputs, month));
  })
  .parseAsync();
