/** Reads and writes the rows of the table `event`. */
import type { EventKey, EventRecord } from '../relay/model/event.ts';
import type { Row } from '../relay/rows/attributes.ts';
import { eventAttributes } from '../relay/rows/event-attributes.ts';
import { isOutcomeMap } from '../relay/rows/outcome-map.ts';
import type { Connection, FoundRow } from './connection.ts';
import { eventName, owedToFanOut } from './keys.ts';
import { changed, parseJson, toColumns, toRow } from './rows.ts';

const COLUMNS = ['owedTo', 'dueAt', 'listedFor', 'expiresAt'];
/** Without the outcomes, which are most of an event's row. SQLite does not read a last column that nobody asks for. */
export const EVENT_OUTLINE = 'attributes, owedTo, dueAt, listedFor, expiresAt';
export const EVENT_COLUMNS = `${EVENT_OUTLINE}, outcomes`;

/** Undefined when there is no row. An expired row counts as one. */
export function findEvent(connection: Connection, key: EventKey): Row | undefined {
  const found = connection.first(
    `SELECT ${EVENT_COLUMNS} FROM event WHERE orderKey = ? AND eventId = ?`,
    key.orderKey,
    key.eventId,
  );
  return found && toEventRow(key, found);
}

/** @throws UnreadableRowError when a person damaged the JSON */
export function toEventRow(key: EventKey, { outcomes, ...columns }: FoundRow): Row {
  const row = toRow(eventName(key), columns);
  return typeof outcomes === 'string'
    ? { ...row, outcomes: parseJson(eventName(key), 'outcomes', outcomes) }
    : row;
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
    `INSERT INTO event (orderKey, eventId, ${EVENT_OUTLINE}) VALUES (?, ?, ?, ?, ?, NULL, ?)
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
  const { outcomes, ...next } = changed(row, typeof change === 'function' ? change(row) : change);
  connection.run(
    `UPDATE event SET attributes = ?, owedTo = ?, dueAt = ?, listedFor = ?, expiresAt = ?, outcomes = ?
     WHERE orderKey = ? AND eventId = ?`,
    ...toColumns(next, COLUMNS),
    // A person may have written something else into the attributes. The column does not take it.
    isOutcomeMap(outcomes) ? JSON.stringify(outcomes) : null,
    key.orderKey,
    key.eventId,
  );
  return true;
}
