/** The attributes of rows as the relay writes them, whatever the store. */
import { recordOf } from '../model/record-of.ts';

export type Row = Readonly<Record<string, unknown>>;

/** Both spellings of a time that a row may contain. Conditions compare text, so they need both. */
export function isoSpellings(date: Date): { readonly full: string; readonly short: string } {
  const full = date.toISOString();
  return { full, short: full.replace('.000Z', 'Z') };
}

/** Converts a domain object to attributes: dates to ISO 8601, undefined values omitted. */
export function toAttributes(value: object): Readonly<Record<string, unknown>> {
  return recordOf(
    Object.entries(value)
      .filter(([, part]) => part !== undefined)
      .map(([name, part]) => [name, toAttribute(part)] as const),
  );
}

export function toAttribute(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(toAttribute);
  return typeof value === 'object' && value !== null ? toAttributes(value) : value;
}
