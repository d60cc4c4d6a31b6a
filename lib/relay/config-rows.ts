/** Reads rows of the Config table. Each row is parsed by itself, so an invalid row does not affect the others. */
import type * as z from './model/zod.ts';
import type { ConfigKind, ConfigRow, ConfigTable } from './ports/config-table.ts';
import type { Telemetry } from './ports/telemetry.ts';

/** An invalid row. The reason names attributes and rules, never values: they may be secrets. */
export interface InvalidRow {
  readonly id: string;
  readonly reason: string;
}

export interface Rows<Row> {
  readonly valid: readonly Row[];
  readonly invalid: readonly InvalidRow[];
}

/** Reads the rows of a kind, and reports the invalid ones. */
export async function readRows<Row>(
  telemetry: Telemetry,
  kind: ConfigKind,
  schema: z.ZodMiniType<Row>,
  reading: ReturnType<ConfigTable['rows']>,
): Promise<Rows<Row>> {
  const rows = parseRows(await reading, schema);
  for (const row of rows.invalid) {
    telemetry.warn('config row is invalid', { kind, id: row.id, reason: row.reason });
  }
  if (rows.invalid.length > 0) telemetry.count('ConfigRowsInvalid', rows.invalid.length);
  return rows;
}

/** Parses each row by itself. An invalid row is listed with every reason. */
export function parseRows<Row>(rows: readonly ConfigRow[], schema: z.ZodMiniType<Row>): Rows<Row> {
  const valid: Row[] = [];
  const invalid: InvalidRow[] = [];
  for (const row of rows) {
    const parsed = schema.safeParse({ ...row.attributes, id: row.id });
    if (parsed.success) valid.push(parsed.data);
    else invalid.push({ id: row.id, reason: describe(parsed.error) });
  }
  return { valid, invalid };
}

function describe(error: z.core.$ZodError): string {
  return error.issues
    .map((issue) => [issue.path.join('.'), issue.message].filter(Boolean).join(': '))
    .join('; ');
}
