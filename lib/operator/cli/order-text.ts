/** An order's timeline as text. */
import type { OrderMatch } from '../orders/order-matches.ts';
import type { EventWithDeliveries, Order } from '../orders/orders.ts';
import { changesText, statusesText } from './event-text.ts';
import { endpointColumn, outcomeLines } from './outcome-text.ts';
import type { Colours, Screen } from './output.ts';
import { indent, shortened, table } from './table.ts';
import { timeText } from './times.ts';

/** The help of the option that all commands with an order id have. */
export const BY_ORDER_ID = 'match order ids only, in exact case, and no nice ids';
/** The hint when several orders have an id. */
export const NAME_ONE =
  'Give the order id of one. --source selects a source, and --by-order-id leaves out nice ids.';

const STATUSES_LENGTH = 60;
const HEAD_COLUMNS = ['', { title: '', leaveOut: 1, cutTo: 10 }, ''];
const MATCH_COLUMNS = [
  ...['order id', 'nice id', 'source'],
  { title: 'first seen', leaveOut: 3 },
  { title: 'last seen', leaveOut: 2 },
  { title: 'items', leaveOut: 1, cutTo: 10 },
];
const CHANGES_LIMIT = { kinds: 10, length: 200 };

/** One block per event, oldest first: time, changes, and the outcome of each endpoint. */
export function orderText(order: Order, colours: Screen): string {
  const { events } = order;
  const heads = headLines(
    events.map((event) => headOf(event, colours)),
    colours,
  );
  const column = Math.max(...events.map(endpointColumn));
  return [
    titleOf(order, colours),
    ...events.flatMap((event, index) => [
      '',
      heads[index] ?? '',
      ...outcomesOf(event, column, colours).map((line) => indent(line)),
    ]),
  ].join('\n');
}

function headLines(rows: readonly string[][], { columns }: Screen): string[] {
  const lines = table(rows, HEAD_COLUMNS, columns).split('\n');
  // In a terminal that is too narrow even for the ids, each event needs several lines.
  return lines.length === rows.length ? lines : rows.map((cells) => cells.join('\n'));
}

/** One line per order. */
export function orderMatchesText(matches: readonly OrderMatch[], columns?: number): string {
  const rows = matches.map(({ source, orderId, niceId, firstSeenAt, lastSeenAt, items }) => [
    orderId ?? '–',
    niceId ?? '–',
    source,
    timeText(firstSeenAt),
    lastSeenAt === undefined ? 'events have expired' : timeText(lastSeenAt),
    items === undefined ? 'no items' : shortened(statusesText(items), STATUSES_LENGTH),
  ]);
  return table(rows, MATCH_COLUMNS, columns);
}

function titleOf({ niceId, orderId, source }: Order, { bold, dim }: Colours): string {
  const [name = 'without an id', ...others] = [niceId, orderId].filter((id) => id !== undefined);
  return [bold(`Order ${name}`), ...others, dim(`source ${source}`)].join('  ');
}

function headOf(event: EventWithDeliveries, colours: Colours): string[] {
  const changes = changesText(event, colours, CHANGES_LIMIT);
  return [timeText(event.receivedAt), changes, colours.dim(event.eventId)];
}

function outcomesOf(event: EventWithDeliveries, column: number, colours: Colours): string[] {
  const erased =
    event.forgottenAt === undefined ? [] : [colours.dim(`payload erased ${timeText(event.forgottenAt)}`)];
  const lines = [...erased, ...outcomeLines(event, colours, column)];
  if (event.fannedOutAt === undefined) return [...lines, colours.yellow('not fanned out yet')];
  return lines.length === 0 ? [colours.dim('no endpoint was subscribed')] : lines;
}
