/** The row that leads from an id that people use to one order. The partition of an id has a row for each of its orders. */
import type { Alias, OrderKey } from '../../relay/model/ids.ts';
import * as z from '../../relay/model/zod.ts';
import type { Row } from '../../relay/rows/attributes.ts';
import { moment, readAttributes } from '../../relay/rows/read-attributes.ts';
import { aliasRowKey } from './event-log-keys.ts';

export function toAliasRow({ aliasKey, orderKey, id, seenAt }: Alias, expiresAt: number): Row {
  return { ...aliasRowKey(aliasKey, orderKey), order: orderKey, id, seenAt: seenAt.toISOString(), expiresAt };
}

const ATTRIBUTES = { order: z.string().check(z.regex(/^[^/]+\/./s)), id: z.string(), seenAt: moment };

/** Undefined when the row names no order. */
export function fromAliasRow(aliasKey: OrderKey, row: Row): Alias | undefined {
  const { order, id = '', seenAt = new Date(0) } = readAttributes(ATTRIBUTES, row);
  return order === undefined ? undefined : { aliasKey, orderKey: order as OrderKey, id, seenAt };
}
