/** Reads rows of the Config table for an operator: valid rows, and invalid rows with the reason. */
import { type InvalidRow, parseRows } from '../relay/config-rows.ts';
import type * as z from '../relay/model/zod.ts';
import type { ConfigKind, ConfigRow } from '../relay/ports/config-table.ts';
import type { Connection } from './connection.ts';

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html */
const SORT_KEY_LIMIT_BYTES = 1024;

export type ListedRow<Row> = { readonly valid: Row } | { readonly invalid: InvalidRow };

/** All rows of a kind, sorted by id. */
export async function listRows<Row extends { readonly id: string }>(
  { configTable }: Pick<Connection, 'configTable'>,
  kind: ConfigKind,
  schema: z.ZodMiniType<Row>,
): Promise<ListedRow<Row>[]> {
  return toListedRows(await configTable.rows(kind), schema);
}

export function toListedRows<Row extends { readonly id: string }>(
  rows: readonly ConfigRow[],
  schema: z.ZodMiniType<Row>,
): ListedRow<Row>[] {
  const { valid, invalid } = parseRows(rows, schema);
  const all = [...valid.map((row) => ({ valid: row })), ...invalid.map((row) => ({ invalid: row }))];
  return all.sort((one, other) => (idOf(one) < idOf(other) ? -1 : 1));
}

export function idOf(row: ListedRow<{ readonly id: string }>): string {
  return 'valid' in row ? row.valid.id : row.invalid.id;
}

/** False for an id that DynamoDB rejects as a key: no row can have it. */
export function canBeRowId(id: string): boolean {
  return id !== '' && Buffer.byteLength(id) <= SORT_KEY_LIMIT_BYTES;
}
