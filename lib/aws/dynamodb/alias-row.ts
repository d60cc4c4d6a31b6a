/** The row that maps the order id that people use to the order's partition. */
import type { OrderKey } from '../../relay/model/ids.ts';
import { aliasRowKey } from './event-log-keys.ts';
import type { Row } from './row.ts';

export function toAliasRow(aliasKey: OrderKey, orderKey: OrderKey, expiresAt: number): Row {
  return { ...aliasRowKey(aliasKey), order: orderKey, expiresAt };
}

/** Undefined when the row names no order. */
export function fromAliasRow(row: Row): OrderKey | undefined {
  return typeof row.order === 'string' && row.order !== '' ? (row.order as OrderKey) : undefined;
}
