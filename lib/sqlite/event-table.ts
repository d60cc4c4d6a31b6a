/** Reads and writes the rows of the table `event`. */
import type { EventKey, EventRecord } from '../relay/model/event.ts';
import type { Row } from '../relay/rows/attributes.ts';
import { eventAttributes } from '../relay/rows/event-attributes.ts';
import type { Connection } from './connection.ts';
import { eventName, owedToFanOut } from './keys.ts';
import { changed, toColumns, toRow } from './rows.ts';

const COLUMNS = ['owedTo', 'dueAt', 'listedFor', 'expiresAt'];
export const EVENT_COLUMNS = 'attributes, owedTo, dueAt, listedFor, expiresAt';

/** Undefined when there is no row. An expired row counts as one. */
export function findEvent(connection: Connection, key: EventKey): Row | undefined {
  const found = connection.first(
    `SELECT ${EVENT_COLUMNS} FROM event WHERE orderKey = ? AND eventId = ?`,
    key.orderKey,
    key.eventId,
  );
  return found && toRow(eventName(key), found);
}

/** Writes the row of an event before its fan-out, unless there is one. */
export function insertEvent(
  connection: Connection,
  event: EventRecord,
  dueAt: Date,
  expiresAt: string,
): void {
  const { orderKey, eventId, ...attributes } = eventAttributes(event);
  connection.run(
    `INSERT INTO event (orderKey, eventId, ${EVENT_COLUMNS}) VALUES (?, ?, ?, ?, ?, NULL, ?)
     ON CONFLICT DO NOTHING`,
    event.orderKey,
    event.eventId,
    JSON.stringify(attributes),
    owedToFanOut(event.eventId),
    dueAt.toISOString(),
    expiresAt,
  );
}

/** False, and nothing is written, when there is no row or it does not meet the condition. */
export function updateEvent(
  connection: Connection,
  key: EventKey,
  condition: (row: Row) => boolean,
  change: Row | ((row: Row) => Row),
): boolean {
  const row = findEvent(connection, key);
  if (row === undefined || !condition(row)) return false;
  connection.run(
    `UPDATE event SET attributes = ?, owedTo = ?, dueAt = ?, listedFor = ?, expiresAt = ?
     WHERE orderKey = ? AND eventId = ?`,
    ...toColumns(changed(row, typeof change === 'function' ? change(row) : change), COLUMNS),
    key.orderKey,
    key.eventId,
  );
  return true;
}
