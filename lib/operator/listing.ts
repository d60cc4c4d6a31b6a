/** A kind's rows of the Config table for a person: in order of id, those that do not parse with the reason. */
import type { z } from 'zod';
import { type InvalidRow, parseRows } from '../relay/config.ts';
import type { ConfigKind, ConfigRow } from '../relay/ports/config-table.ts';
import type { Connection } from './connection.ts';

/** A row that the functions can use, or what is wrong with it. */
export type Listed<Row> = { readonly valid: Row } | { readonly invalid: InvalidRow };

export async function listRows<Row extends { readonly id: string }>(
  { configTable }: Pick<Connection, 'configTable'>,
  kind: ConfigKind,
  schema: z.ZodType<Row>,
): Promise<Listed<Row>[]> {
  return listed(await configTable.rows(kind), schema);
}

export function listed<Row extends { readonly id: string }>(
  rows: readonly ConfigRow[],
  schema: z.ZodType<Row>,
): Listed<Row>[] {
  const { valid, invalid } = parseRows(rows, schema);
  const all = [...valid.map((row) => ({ valid: row })), ...invalid.map((row) => ({ invalid: row }))];
  return all.sort((one, other) => (idOf(one) < idOf(other) ? -1 : 1));
}

export function idOf(listed: Listed<{ readonly id: string }>): string {
  return 'valid' in listed ? listed.valid.id : listed.invalid.id;
}
