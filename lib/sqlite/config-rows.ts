/** Reads and writes the rows of the table `config`. */
import type { ConfigKind, ConfigRow } from '../relay/ports/config-table.ts';
import { type Row, toAttributes } from '../relay/rows/attributes.ts';
import type { Connection } from './connection.ts';
import { changed, parseAttributes } from './rows.ts';

export function findConfigRow(connection: Connection, kind: ConfigKind, id: string): ConfigRow | undefined {
  const sql = 'SELECT attributes FROM config WHERE kind = ? AND id = ?';
  const found = connection.first(sql, kind, id);
  return found && { id, attributes: parseAttributes(`${kind} ${id}`, found.attributes) };
}

export function findConfigRows(connection: Connection, kind: ConfigKind): ConfigRow[] {
  const sql = 'SELECT id, attributes FROM config WHERE kind = ? ORDER BY id';
  return connection.all(sql, kind).map(({ id, attributes }) => ({
    id: String(id),
    attributes: parseAttributes(`${kind} ${id}`, attributes),
  }));
}

/** False when there is a row. */
export function insertConfigRow(connection: Connection, kind: ConfigKind, id: string, row: Row): boolean {
  const sql = 'INSERT INTO config (kind, id, attributes) VALUES (?, ?, ?) ON CONFLICT DO NOTHING';
  return connection.run(sql, kind, id, JSON.stringify(toAttributes(row))) === 1;
}

/** Writes the given attributes and leaves the others; creates the row if it is absent. Null removes an attribute. */
export function upsertConfigRow(
  connection: Connection,
  kind: ConfigKind,
  { id, attributes }: ConfigRow,
  change: Row,
): void {
  const sql = `
    INSERT INTO config (kind, id, attributes) VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET attributes = excluded.attributes`;
  connection.run(sql, kind, id, JSON.stringify(changed(attributes, change)));
}

/** False when there is no row. */
export function deleteConfigRow(connection: Connection, kind: ConfigKind, id: string): boolean {
  return connection.run('DELETE FROM config WHERE kind = ? AND id = ?', kind, id) === 1;
}
