/**
 * Reads the attributes of rows, whatever the store. People edit rows, so reading is lenient: a wrong attribute is treated
 * as absent, and the caller decides what to do without it.
 */
import * as z from '../model/zod.ts';
import type { Row } from './attributes.ts';

type Attributes = Readonly<Record<string, z.ZodMiniType>>;
type Present<Schemas extends Attributes> = { [Name in keyof Schemas]?: z.output<Schemas[Name]> };

/** Returns the attributes that match their schema. */
export function readAttributes<Schemas extends Attributes>(schemas: Schemas, row: Row): Present<Schemas> {
  const present: [string, unknown][] = [];
  for (const name in schemas) {
    // Most attributes of most rows are absent, and a failed parse is expensive.
    // Stryker disable next-line ConditionalExpression: no schema accepts undefined
    if (row[name] === undefined) continue;
    // Stryker disable next-line OptionalChaining: the name is one of the schemas
    const parsed = schemas[name]?.safeParse(row[name]);
    // Stryker disable next-line OptionalChaining: the name is one of the schemas
    if (parsed?.success) present.push([name, parsed.data]);
  }
  return Object.fromEntries(present) as Present<Schemas>;
}

/** A time in a row: ISO 8601 in UTC. A person may omit the fractions of a second. */
export const moment = z.pipe(
  z.union([z.iso.datetime({ precision: 3 }), z.iso.datetime({ precision: 0 })]),
  z.transform((text) => new Date(text)),
);
