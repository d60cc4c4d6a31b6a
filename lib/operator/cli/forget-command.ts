/** `forget` */
import type { Command } from 'commander';
import { z } from 'zod';
import { checkAttributes } from '../attributes.ts';
import { InterruptedError, InvalidInputError } from '../errors.ts';
import { type ForgetResult, forgetOrder } from '../orders/forget.ts';
import { addYesOption, confirm } from './confirmation.ts';
import { isOrAre, plural } from './delivery-text.ts';
import { BY_ORDER_ID } from './order-text.ts';
import type { Terminal } from './output.ts';
import { withProgress } from './progress.ts';
import { type GivenOptions, withConnection } from './with-connection.ts';

const text = z.string().exactOptional();
const flag = z.boolean().default(false);
const optionsSchema = z.object({ order: text, source: text, byOrderId: flag, dryRun: flag, yes: flag });

export function addForgetCommand(program: Command, terminal: Terminal): void {
  addYesOption(
    program
      .command('forget')
      .description('erase the personal data of an order: its payloads and the answers of endpoints')
      .option('--order <id>', 'select the order by either of its ids')
      .option('--source <id>', 'search only this source (default: all)')
      .option('--by-order-id', BY_ORDER_ID)
      .option('--dry-run', 'count the rows and change nothing'),
  ).action(async (options: GivenOptions, command: Command) => {
    const { order, source, byOrderId, dryRun, yes } = checkAttributes(optionsSchema, options);
    if (order === undefined) throw new InvalidInputError([{ attribute: 'order', problem: 'is missing' }]);
    await withConnection(command, terminal, async (connection, output) => {
      await confirm(`Erase the personal data of order ${order} for ever`, yes || dryRun, terminal);
      const result = await withProgress(terminal, { dryRun }, (run) =>
        forgetOrder(connection, { id: order, source, byOrderId }, run),
      );
      output.show(result, (one) => forgetText(one, order, dryRun));
      for (const line of hints(result, dryRun)) output.hint(line);
      if (result.interrupted)
        throw new InterruptedError('the command was interrupted', 'Run the command again for the rest.');
    });
  });
}

function forgetText(
  { events, payloads, answers, cancelled, notFannedOut }: ForgetResult,
  order: string,
  isDryRun: boolean,
): string {
  const would = (count: number) => (isDryRun ? 'would be' : isOrAre(count));
  const erased = `${plural(payloads, 'payload')} and ${plural(answers, 'answer')} of endpoints`;
  return [
    `Order ${order}: ${erased} ${would(2)} erased; ${plural(events, 'event')} ${would(events)} kept without payload.`,
    ...(cancelled > 0 ? [`${plural(cancelled, 'pending delivery')} ${would(cancelled)} cancelled.`] : []),
    ...(notFannedOut > 0
      ? [`${plural(notFannedOut, 'event')} not fanned out yet ${isDryRun ? 'would' : 'will'} not be sent.`]
      : []),
  ].join('\n');
}

function hints({ inFlight, notFannedOut, deadLetters }: ForgetResult, isDryRun: boolean): string[] {
  const unfinished = inFlight > 0 || notFannedOut > 0;
  return [
    ...(inFlight > 0 ? [`${plural(inFlight, 'delivery')} ${isOrAre(inFlight)} in flight.`] : []),
    ...(unfinished && !isDryRun
      ? ['A function may be processing the order: run the command again in two minutes.']
      : []),
    ...deadLetters.map(
      (id) =>
        `A dead-letter message contains an event of the order: \`dlq drop --message-id ${id} --include-full-events\` deletes it.`,
    ),
    'Backups keep the data for up to 35 days. A later webhook of the order brings new data.',
  ];
}
