/** `deliveries drop` */
import type { Command } from 'commander';
import { z } from 'zod';
import { checkAttributes } from '../attributes.ts';
import { type DropResult, dropDeliveries } from '../deliveries/drops.ts';
import { InterruptedError } from '../errors.ts';
import { addYesOption, confirm } from './confirmation.ts';
import { isOrAre, plural } from './delivery-text.ts';
import { readMoment } from './option-values.ts';
import type { Terminal } from './output.ts';
import { withProgress } from './progress.ts';
import { type GivenOptions, withConnection } from './with-connection.ts';

const optionsSchema = z.object({
  endpoint: z.string({ error: 'is missing: give --endpoint <id>' }),
  state: z.enum(['dead', 'cancelled']).exactOptional(),
  since: z.string().exactOptional(),
  dryRun: z.boolean().default(false),
  yes: z.boolean().default(false),
});

export function addDropCommand(deliveries: Command, terminal: Terminal): void {
  addYesOption(
    deliveries
      .command('drop [event-id]')
      .usage('--endpoint <id> [options] [event-id]')
      .description(
        'take the dead and cancelled deliveries of an endpoint off the list; with an event id, only that delivery',
      )
      .option('--endpoint <id>', 'select this endpoint’s deliveries; required')
      .option('--state <state>', 'select one state: dead or cancelled')
      .option(
        '--since <moment>',
        'skip deliveries that became pending earlier: 30m, 2h or 3d ago, or a time such as 2026-03-01T09:30',
      )
      .option('--dry-run', 'count the deliveries and change nothing'),
  ).action(async (eventId: string | undefined, options: GivenOptions, command: Command) => {
    const { endpoint, state, since, dryRun, yes } = checkAttributes(optionsSchema, options);
    const selection = { endpointId: endpoint, eventId, state, since: readMoment('since', since) };
    await withConnection(command, terminal, async (connection, output) => {
      await confirm(questionOf(endpoint, eventId, state), yes || dryRun, terminal);
      const result = await withProgress(terminal, { dryRun }, (run) =>
        dropDeliveries(connection, selection, run),
      );
      output.show(result, (one) => dropText(one, dryRun));
      if (result.interrupted)
        throw new InterruptedError(
          'the command was interrupted',
          'The counts above are done. Run the command again for the rest.',
        );
    });
  });
}

function questionOf(endpoint: string, eventId: string | undefined, state = 'dead and cancelled'): string {
  if (eventId !== undefined) return `Drop the delivery of ${eventId} to ${endpoint}`;
  return `Drop the ${state} deliveries to ${endpoint}`;
}

function dropText({ dropped, changed, withoutRow }: DropResult, isDryRun: boolean): string {
  const done = isDryRun ? 'would be dropped' : `${isOrAre(dropped)} dropped`;
  return [
    `${plural(dropped, 'delivery')} ${done}.`,
    ...(changed > 0 ? [`${changed} changed meanwhile and cannot be dropped.`] : []),
    ...(withoutRow > 0
      ? [
          `${withoutRow} ${isOrAre(withoutRow)} not dropped: the endpoint was disabled before the first attempt. They stay until their events expire.`,
        ]
      : []),
  ].join('\n');
}
