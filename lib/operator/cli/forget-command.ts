/** `forget`: erases the personal data of an order. */
import type { Command } from 'commander';
import { z } from 'zod';
import { checkAttributes } from '../attributes.ts';
import { InterruptedError, InvalidInputError } from '../errors.ts';
import { type ForgetResult, forgetOrder } from '../orders/forget.ts';
import { isOrAre, plural } from './delivery-view.ts';
import { type GivenOptions, onRelay } from './on-relay.ts';
import type { Terminal } from './output.ts';
import { watched } from './watched.ts';

const text = z.string().exactOptional();
const optionsSchema = z.object({ order: text, source: text, dryRun: z.boolean().default(false) });

export function addForgetCommand(program: Command, terminal: Terminal): void {
  program
    .command('forget')
    .description('erase an order’s payloads and what endpoints answered; its events stay without them')
    .option('--order <id>', 'the order, by either of its ids')
    .option('--source <id>', 'the source that it came from; all are looked through unless given')
    .option('--dry-run', 'count what there is, and change nothing')
    .action(async (options: GivenOptions, command: Command) => {
      const { order, source, dryRun } = checkAttributes(optionsSchema, options);
      if (order === undefined) throw new InvalidInputError([{ attribute: 'order', problem: 'is missing' }]);
      await onRelay(command, terminal, async (connection, output) => {
        const result = await watched(terminal, { dryRun }, (run) =>
          forgetOrder(connection, { id: order, source }, run),
        );
        output.show(result, (one) => forgetText(one, order, dryRun));
        for (const line of hints(result, dryRun)) output.hint(line);
        if (result.interrupted)
          throw new InterruptedError('it was interrupted', 'The same command does the rest.');
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
    `Of the order ${order}, ${erased} ${would(2)} erased; ${plural(events, 'event')} ${would(events)} kept without.`,
    ...(cancelled > 0 ? [`${plural(cancelled, 'pending delivery')} ${would(cancelled)} cancelled.`] : []),
    ...(notFannedOut > 0
      ? [
          `Nothing ${isDryRun ? 'would be' : 'will be'} sent of ${plural(notFannedOut, 'event')} not fanned out yet.`,
        ]
      : []),
  ].join('\n');
}

function hints({ underWay, notFannedOut, deadLetters }: ForgetResult, isDryRun: boolean): string[] {
  const unfinished = underWay > 0 || notFannedOut > 0;
  return [
    ...(underWay > 0
      ? [`${plural(underWay, 'delivery')} ${isOrAre(underWay)} being sent at this moment.`]
      : []),
    ...(unfinished && !isDryRun ? ['Functions may be at it just now: run it again in two minutes.'] : []),
    ...deadLetters.map(
      (id) =>
        `A message holds an event of it: \`dlq drop --message-id ${id} --include-full-events\` deletes that.`,
    ),
    'Backups keep what there was for up to 35 days. A webhook that comes later brings new data.',
  ];
}
