/** `events …` */
import type { Command } from 'commander';
import { z } from 'zod';
import { checkAttributes } from '../attributes.ts';
import { DEFAULT_LIST_DAYS, type EventListQuery, listEvents, showEvent } from '../events/events.ts';
import { eventJson, eventListText, eventText } from './event-detail-text.ts';
import { addEventsTailCommand } from './events-tail-command.ts';
import { readMoment } from './option-values.ts';
import type { Terminal } from './output.ts';
import { timeText } from './times.ts';
import { type GivenOptions, withConnection } from './with-connection.ts';

const text = z.string().exactOptional();

const listOptionsSchema = z.object({
  limit: z.coerce.number().pipe(z.int().min(1).max(1_000)).default(20),
  since: text,
  source: text,
  before: text,
});

const showOptionsSchema = z.object({ order: text, source: text, body: z.boolean().default(false) });

export function addEventsCommands(program: Command, terminal: Terminal): void {
  const events = program
    .command('events')
    .helpCommand(false)
    .description('list, follow and show events: the webhooks that the relay accepted');
  addEventsTailCommand(events, terminal);

  events
    .command('list')
    .description('list events, newest first')
    .option('--limit <number>', 'list at most this many, 1 to 1000 (default: 20)')
    .option('--since <moment>', 'skip older events: 30m, 2h or 3d ago, or a time such as 2026-03-01T09:30')
    .option('--source <id>', 'list only this source’s events')
    .option('--before <event-id>', 'continue the list after this event: the `next` of the page before')
    .action(async (options: GivenOptions, command: Command) => {
      const query = readListOptions(options);
      await withConnection(command, terminal, async (connection, output) => {
        const page = await listEvents(connection, query);
        output.show(page, ({ items }) => eventListText(items, output.screen));
        if (page.items.length === 0) output.hint(`Searched ${rangeText(query)}.`);
        if (page.next !== undefined) output.hint(`--before ${page.next} shows older events.`);
      });
    });

  events
    .command('show <event-id>')
    .description('show an event with its changes and the outcome of each endpoint')
    .option('--order <id>', 'give either id of its order, to find an event of the last second')
    .option('--source <id>', 'give the source of the order; requires --order')
    .option('--body', 'show the body, which contains personal data')
    .action(async (eventId: string, options: GivenOptions, command: Command) => {
      const { body, ...query } = checkAttributes(showOptionsSchema, options);
      await withConnection(command, terminal, async (connection, output) => {
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
    since === undefined ? `the last ${DEFAULT_LIST_DAYS} days` : `from ${timeText(since)} until now`;
  return source === undefined ? time : `${time} in the source ${source}`;
}
