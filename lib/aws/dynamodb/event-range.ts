/** A range of event ids as the condition of a query: the sort key of two indexes is `eventId`. */
import type { EventKey } from '../../relay/model/event.ts';
import { type EventId, firstEventIdAt } from '../../relay/model/ids.ts';
import type { EventRange } from '../../relay/ports/operator.ts';

/** Undefined for an empty range: DynamoDB refuses it. */
export function eventIdCondition({ since, before }: Pick<EventRange, 'since' | 'before'>) {
  const first = firstEventIdAt(since);
  if (before === undefined) return { expression: 'eventId >= :since', values: { ':since': first } };
  if (before <= first) return undefined;
  // A sort key takes one condition, and BETWEEN includes both bounds.
  const values = { ':since': first, ':until': greatestBelow(before) };
  return { expression: 'eventId BETWEEN :since AND :until', values };
}

/** A text that is greater than every smaller event id. */
function greatestBelow(id: EventId): string {
  return `${id.slice(0, -1)}${String.fromCharCode(id.charCodeAt(id.length - 1) - 1)}~`;
}

export const isLater = (key: EventKey, other: EventKey) => key.eventId > other.eventId;
export const isEarlier = (key: EventKey, other: EventKey) => key.eventId < other.eventId;
