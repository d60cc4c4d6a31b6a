/** `orders search` */
import type { Command } from 'commander';
import { z } from 'zod';
import { checkAttributes } from '../attributes.ts';
import { type FoundOrder, type OrderSearchPage, searchOrders } from '../orders/order-search.ts';
import { plural } from './delivery-text.ts';
import { orderText, statusesText } from './event-text.ts';
import { readMoment } from './option-values.ts';
import type { Colours, Screen, Terminal } from './output.ts';
import { shortened, table } from './table.ts';
import { timeText } from './times.ts';
import { type GivenOptions, withConnection } from './with-connection.ts';

const text = z.string().exactOptional();

const optionsSchema = z.object({
  limit: z.coerce.number().pipe(z.int().min(1).max(1_000)).default(20),
  since: text,
  source: text,
  before: text,
});

const STATUSES_LENGTH = 40;
const COLUMNS = [
  ...['order', 'order id'],
  { title: 'received', leaveOut: 1 },
  { title: 'event', leaveOut: 3 },
  { title: 'items', leaveOut: 2, cutTo: 12 },
];

export function addOrderSearchCommand(orders: Command, terminal: Terminal): void {
  orders
    .command('search <text>')
    .description('find orders by an order id, nice id or event id, or a part of one, in any case')
    .option('--source <id>', 'search only this source (default: all)')
    .option('--since <moment>', 'skip older events: 30m, 2h or 3d ago, or a time (default: 30d)')
    .option('--before <event-id>', 'continue the search: the `next` of the page before')
    .option('--limit <number>', 'list at most this many, 1 to 1000 (default: 20)')
    .action(async (wanted: string, options: GivenOptions, command: Command) => {
      const { since, ...query } = checkAttributes(optionsSchema, options);
      const moment = readMoment('since', since);
      await withConnection(command, terminal, async (connection, output) => {
        const page = await searchOrders(connection, { ...query, text: wanted, since: moment });
        output.show(page, (one) => searchText(one, wanted, output.screen));
        output.hint(searchedText(page));
        if (page.next !== undefined) output.hint(`--before ${page.next} continues with older events.`);
      });
    });
}

function searchText({ items, next }: OrderSearchPage, wanted: string, screen: Screen): string {
  if (items.length === 0) return `No order has ${wanted} in an id${next === undefined ? '' : ' so far'}.`;
  return table(
    items.map((order) => cells(order, screen)),
    COLUMNS,
    screen.columns,
  );
}

function cells({ eventId, receivedAt, items, ...order }: FoundOrder, { dim }: Colours): string[] {
  return [
    orderText(order),
    order.orderId ?? '–',
    timeText(receivedAt),
    dim(eventId),
    items === undefined ? 'no items' : shortened(statusesText(items), STATUSES_LENGTH),
  ];
}

/** `Searched the newest 1,000 events, since Mar  1 09:12:00.` */
function searchedText({ searched: { events, since } }: OrderSearchPage): string {
  const range = since === undefined ? '' : `, since ${timeText(since)}`;
  return `Searched ${plural(events, 'event')} for parts of ids${range}.`;
}
