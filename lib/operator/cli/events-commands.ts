/** `events …` */
import type { Command } from 'commander';
import { z } from 'zod';
import { checkAttributes } from '../attributes.ts';
import { type EventListQuery, LISTED_DAYS, listEvents, showEvent } from '../events/events.ts';
import { eventJson, eventListText, eventText } from './event-view.ts';
import { readMoment } from './moment-option.ts';
import { type GivenOptions, onRelay } from './on-relay.ts';
import type { Terminal } from './output.ts';
import { timeText } from './times.ts';

const text = z.string().exactOptional();

const listOptionsSchema = z.object({
  limit: z.coerce.number().pipe(z.int().min(1).max(1_000)).default(20),
  since: text,
  source: text,
});

const showOptionsSchema = z.object({ order: text, source: text, body: z.boolean().default(false) });

export function addEventsCommands(program: Command, terminal: Terminal): void {
  const events = program.command('events').helpCommand(false).description('the webhooks that came');

  events
    .command('list')
    .description('list events, the newest first')
    .option('--limit <number>', 'how many, 1 to 1000; 20 unless given')
    .option('--since <moment>', 'none older: 30m, 2h or 3d ago, or a time such as 2026-03-01T09:30')
    .option('--source <id>', 'only of this source')
    .action(async (options: GivenOptions, command: Command) => {
      const query = readListOptions(options);
      await onRelay(command, terminal, async (connection, output) => {
        const found = await listEvents(connection, query);
        output.show(found, (all) => eventListText(all, output.colours));
        if (found.length === 0) output.hint(`${rangeText(query)} was looked through.`);
        if (found.length === query.limit) output.hint('There may be older ones: --limit shows more.');
      });
    });

  events
    .command('show <event-id>')
    .description('show an event: its changes, and what became of it at each endpoint')
    .option('--order <id>', 'either id of its order: finds an event that has only just come')
    .option('--source <id>', 'with --order: the source of the order')
    .option('--body', 'with its body, which holds personal data')
    .action(async (eventId: string, options: GivenOptions, command: Command) => {
      const { body, ...query } = checkAttributes(showOptionsSchema, options);
      await onRelay(command, terminal, async (connection, output) => {
        const event = await showEvent(connection, { eventId, ...query, withBody: body });
        output.show(event, (one) => eventText(one, output.colours), eventJson);
      });
    });
}

function readListOptions(options: GivenOptions): EventListQuery {
  const { since, ...query } = checkAttributes(listOptionsSchema, options);
  return { ...query, since: readMoment('since', since) };
}

function rangeText({ since, source }: EventListQuery): string {
  const time =
    since === undefined ? `What came in the last ${LISTED_DAYS} days` : `What came since ${timeText(since)}`;
  return source === undefined ? time : `${time} from the source ${source}`;
}
