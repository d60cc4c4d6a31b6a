/** The outcome of an event for each endpoint, with the attempts of deliveries that have a row. */
import type { Delivery } from '../../relay/model/delivery.ts';
import type { EventWithDeliveries } from '../orders/orders.ts';
import { attemptCells, colouredOutcome, deliveryText } from './event-text.ts';
import type { Colours } from './output.ts';
import { indent, table } from './table.ts';

/** @param column the width of the endpoint column */
export function outcomeLines(event: EventWithDeliveries, colours: Colours, column: number): string[] {
  return endpointsOf(event).flatMap((id) => {
    const delivery = event.deliveries.find(({ endpointId }) => endpointId === id);
    const outcome = Object.entries(event.outcomes ?? {}).find(([endpointId]) => endpointId === id)?.[1];
    // The event's outcome is written after the delivery's row.
    const text =
      delivery === undefined ? outcome && colouredOutcome(outcome, colours) : deliveryText(delivery, colours);
    const name = id.padEnd(column);
    return [`${name}  ${text}`, ...attemptLines(delivery, column + 2, colours)];
  });
}

/** The width that an event's endpoint names need. */
export function endpointColumn(event: EventWithDeliveries): number {
  return Math.max(0, ...endpointsOf(event).map((id) => id.length));
}

function endpointsOf({ outcomes = {}, deliveries }: EventWithDeliveries): string[] {
  const ids = [...Object.keys(outcomes), ...deliveries.map(({ endpointId }) => endpointId)];
  return [...new Set(ids)].sort();
}

function attemptLines(delivery: Delivery | undefined, columns: number, colours: Colours): string[] {
  if (delivery === undefined || delivery.attempts.length === 0) return [];
  const { attempts, attemptCount } = delivery;
  // The row keeps only the last attempts. A replay keeps earlier attempts but restarts the count.
  const notKept = Math.max(0, attemptCount - attempts.length);
  const rows = attempts.map((made, index) => attemptCells(made, notKept + index + 1, colours));
  return [indent(table(rows), columns)];
}
