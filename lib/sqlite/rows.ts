/** Rows of the tables `event` and `delivery`: their columns and the JSON of their other attributes, as one. */

import type { SQLInputValue } from 'node:sqlite';
import { recordOf } from '../relay/model/record-of.ts';
import { UnreadableRowError } from '../relay/ports/event-log.ts';
import type { Row } from '../relay/rows/attributes.ts';
import type { FoundRow } from './connection.ts';

/** @throws UnreadableRowError when a person damaged the JSON */
export function toRow(name: string, { attributes, ...columns }: FoundRow): Row {
  const row = parseAttributes(name, attributes);
  for (const column in columns) {
    const value = columns[column];
    if (value !== null) row[column] = value;
  }
  return row;
}

/** @throws UnreadableRowError when a person damaged the JSON */
export function parseAttributes(name: string, text: unknown): Record<string, unknown> {
  const attributes = parseJson(name, 'attributes', text);
  if (typeof attributes === 'object' && attributes !== null) return attributes as Record<string, unknown>;
  throw unreadable(name, 'attributes');
}

/** @throws UnreadableRowError when a person damaged the JSON */
export function parseJson(name: string, column: string, text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    // The text is not in the error: it may contain a secret.
    throw unreadable(name, column);
  }
}

function unreadable(name: string, column: string): UnreadableRowError {
  return new UnreadableRowError(`row ${name}: ${column} must be a JSON object`);
}

/** The row after a change. Null removes an attribute; undefined leaves it. JSON omits undefined attributes. */
export function changed(row: Row, change: Row): Row {
  const given = Object.entries(change).filter(([, value]) => value !== undefined);
  return { ...row, ...recordOf(given.map(([name, value]) => [name, asStored(value)])) };
}

/** JSON converts the dates inside of a value by itself. */
function asStored(value: unknown): unknown {
  return value instanceof Date ? value.toISOString() : (value ?? undefined);
}

/** Splits a row into the JSON of its attributes and the values of the given columns. */
export function toColumns(row: Row, columns: readonly string[]): [string, ...SQLInputValue[]] {
  const values = columns.map((column) => {
    const value = row[column];
    return typeof value === 'string' ? value : null;
  });
  const withoutColumns = recordOf(columns.map((column) => [column, undefined]));
  return [JSON.stringify({ ...row, ...withoutColumns }), ...values];
}
