/** `events tail` */
import type { Command } from 'commander';
import { z } from 'zod';
import { checkAttributes } from '../attributes.ts';
import { type TailNews, tailEvents } from '../events/tail.ts';
import { findSourceId } from '../sources/sources.ts';
import { changesText, colouredOutcome, orderText } from './event-text.ts';
import { readMoment } from './option-values.ts';
import type { Colours, Terminal } from './output.ts';
import { timeText } from './times.ts';
import { type GivenOptions, withConnection } from './with-connection.ts';

const text = z.string().exactOptional();
const optionsSchema = z.object({ since: text, source: text });

export function addEventsTailCommand(events: Command, terminal: Terminal): void {
  events
    .command('tail')
    .description('follow new events and their outcomes until Ctrl-C; --json prints one value a line')
    .option('--since <moment>', 'begin with the events since then: 30m, 2h or 3d ago, or a time')
    .option('--source <id>', 'follow only this source’s events')
    .action(async (options: GivenOptions, command: Command) => {
      const given = checkAttributes(optionsSchema, options);
      const since = readMoment('since', given.since);
      const signal = terminal.interruption();
      await withConnection(command, terminal, async (connection, output) => {
        const source = given.source === undefined ? undefined : await findSourceId(connection, given.source);
        output.hint('Waiting for events. Ctrl-C ends.');
        for await (const news of tailEvents(connection, { since, source, signal }))
          output.show(news, (one) => newsText(one, output.colours), newsJson);
      });
    });
}

/** `13:04:05  Magic7-501  New → Pending  evt_…`, and `13:04:06  Magic7-501  erp: delivered 200 in 143 ms`. */
function newsText(news: TailNews, colours: Colours): string {
  const { event } = news;
  const order = orderText(event);
  if (news.kind === 'event')
    return [
      timeText(event.receivedAt),
      colours.bold(order),
      changesText(event, colours),
      colours.dim(event.eventId),
    ].join('  ');
  const { endpointId, outcome } = news;
  return `${timeText(new Date())}  ${order}  ${endpointId}: ${colouredOutcome(outcome, colours)}`;
}

function newsJson(news: TailNews): object {
  if (news.kind === 'event') return news;
  const { kind, event, endpointId, outcome } = news;
  const { eventId, orderKey, orderId, niceId } = event;
  return {
    ...{ kind, eventId, orderKey },
    ...(orderId !== undefined && { orderId }),
    ...(niceId !== undefined && { niceId }),
    ...{ endpointId, outcome },
  };
}
