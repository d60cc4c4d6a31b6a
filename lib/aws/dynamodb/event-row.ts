/** An event's row of the EventLog table. */
import type { EventRecord } from '../../relay/model/event.ts';
import type { Row } from '../../relay/rows/attributes.ts';
import { eventAttributes } from '../../relay/rows/event-attributes.ts';
import { dayOf, eventRowKey, owedToFanOut } from './event-log-keys.ts';

/** The row of an event before its fan-out. */
export function toEventRow(event: EventRecord, dueAt: Date, expiresAt: number): Row {
  return {
    ...eventRowKey(event),
    ...eventAttributes(event),
    day: dayOf(event.eventId),
    owedTo: owedToFanOut(event.eventId),
    dueAt: dueAt.toISOString(),
    expiresAt,
  };
}
