/** Reads rows of the Config table. Each row is parsed by itself, so an invalid row does not affect the others. */
import { isDeepStrictEqual } from './model/node-util.ts';
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

/** Reads the rows of one kind again and again. A row that has not changed since the last read is not parsed again. */
export class ConfigRowReader<Row> {
  readonly #telemetry: Telemetry;
  readonly #kind: ConfigKind;
  readonly #schema: z.ZodMiniType<Row>;
  #parsed = new Map<string, { readonly attributes: ConfigRow['attributes']; readonly result: Parsed<Row> }>();

  constructor(telemetry: Telemetry, kind: ConfigKind, schema: z.ZodMiniType<Row>) {
    this.#telemetry = telemetry;
    this.#kind = kind;
    this.#schema = schema;
  }

  /** Parses the rows, and reports the invalid ones. */
  async read(reading: ReturnType<ConfigTable['rows']>): Promise<Rows<Row>> {
    const before = this.#parsed;
    this.#parsed = new Map(
      (await reading).map((row) => {
        const known = before.get(row.id);
        const isUnchanged = known !== undefined && isDeepStrictEqual(known.attributes, row.attributes);
        return [
          row.id,
          isUnchanged ? known : { attributes: row.attributes, result: parse(row, this.#schema) },
        ];
      }),
    );
    const rows = sorted([...this.#parsed.values()].map(({ result }) => result));
    for (const row of rows.invalid) {
      this.#telemetry.warn('config row is invalid', { kind: this.#kind, id: row.id, reason: row.reason });
    }
    if (rows.invalid.length > 0) this.#telemetry.count('ConfigRowsInvalid', rows.invalid.length);
    return rows;
  }
}

type Parsed<Row> = { readonly valid: Row } | { readonly invalid: InvalidRow };

/** Parses each row by itself. An invalid row is listed with every reason. */
export function parseRows<Row>(rows: readonly ConfigRow[], schema: z.ZodMiniType<Row>): Rows<Row> {
  return sorted(rows.map((row) => parse(row, schema)));
}

function parse<Row>({ id, attributes }: ConfigRow, schema: z.ZodMiniType<Row>): Parsed<Row> {
  const parsed = schema.safeParse({ ...attributes, id });
  return parsed.success ? { valid: parsed.data } : { invalid: { id, reason: describe(parsed.error) } };
}

function sorted<Row>(results: readonly Parsed<Row>[]): Rows<Row> {
  return {
    valid: results.flatMap((result) => ('valid' in result ? [result.valid] : [])),
    invalid: results.flatMap((result) => ('invalid' in result ? [result.invalid] : [])),
  };
}

function describe(error: z.core.$ZodError): string {
  return error.issues
    .map((issue) => [issue.path.join('.'), issue.message].filter(Boolean).join(': '))
    .join('; ');
}
