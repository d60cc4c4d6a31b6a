/**
 * A row as it stands in DynamoDB. People edit rows in the DynamoDB console, so reading one is lenient: an attribute
 * that is not what it should be is left out, and whoever reads decides what to do without it.
 */
import * as z from 'zod';

export type Row = Readonly<Record<string, unknown>>;

type Attributes = Readonly<Record<string, z.ZodType>>;
type Present<Schemas extends Attributes> = { [Name in keyof Schemas]?: z.output<Schemas[Name]> };

/** The attributes that are there and fit their schema. */
export function readAttributes<Schemas extends Attributes>(schemas: Schemas, row: Row): Present<Schemas> {
  const entries = Object.entries(schemas).flatMap(([name, schema]) => {
    const parsed = schema.safeParse(row[name]);
    return parsed.success ? [[name, parsed.data]] : [];
  });
  return Object.fromEntries(entries) as Present<Schemas>;
}

/** A moment as the rows spell it: ISO 8601 in UTC. Who types one may leave out the fractions of a second. */
export const moment = z.iso
  .datetime({ precision: 3 })
  .or(z.iso.datetime({ precision: 0 }))
  .transform((text) => new Date(text));

/** How a row may spell a moment: for conditions, which compare text. */
export function spellings(date: Date): { readonly full: string; readonly short: string } {
  const full = date.toISOString();
  return { full, short: full.replace('.000Z', 'Z') };
}

/** A domain object as attributes: dates in ISO 8601, nothing undefined. */
export function toAttributes(value: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => part !== undefined)
      .map(([name, part]) => [name, toAttribute(part)]),
  );
}

export function toAttribute(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(toAttribute);
  return typeof value === 'object' && value !== null ? toAttributes(value) : value;
}

/** True for a row that DynamoDB's TTL is yet to remove, which it does within days. */
export function isExpired(row: Row, now: Date): boolean {
  return typeof row.expiresAt === 'number' && row.expiresAt * 1000 <= now.getTime();
}
