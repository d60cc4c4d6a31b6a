/** An order's timeline as text. */
import type { EventWithDeliveries, Order } from '../orders/orders.ts';
import { changesText } from './event-text.ts';
import { endpointColumn, outcomeLines } from './outcome-text.ts';
import type { Colours } from './output.ts';
import { indent, table } from './table.ts';
import { timeText } from './times.ts';

const CHANGES_LIMIT = { kinds: 10, length: 200 };

/** One block per event, oldest first: time, changes, and the outcome of each endpoint. */
export function orderText(order: Order, colours: Colours): string {
  const { events } = order;
  const heads = table(events.map((event) => headOf(event, colours))).split('\n');
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
