/** Reads and writes the rows of the table `delivery`. */
import type { Delivery, DeliveryKey } from '../relay/model/delivery.ts';
import { type Row, toAttributes } from '../relay/rows/attributes.ts';
import type { Connection } from './connection.ts';
import { deliveryName } from './keys.ts';
import { changed, toColumns, toRow } from './rows.ts';

const COLUMNS = ['owedTo', 'dueAt', 'expiresAt'];
export const DELIVERY_COLUMNS = 'attributes, owedTo, dueAt, expiresAt';

/** Undefined when there is no row. An expired row counts as one. */
export function findDelivery(connection: Connection, key: DeliveryKey): Row | undefined {
  const found = connection.first(
    `SELECT ${DELIVERY_COLUMNS} FROM delivery WHERE orderKey = ? AND eventId = ? AND endpointId = ?`,
    key.orderKey,
    key.eventId,
    key.endpointId,
  );
  return found && toRow(deliveryName(key), found);
}

/** False when there is a row. */
export function insertDelivery(
  connection: Connection,
  delivery: Delivery,
  expiresAt: string | undefined,
): boolean {
  const { orderKey, eventId, endpointId, ...attributes } = toAttributes(delivery);
  const inserted = connection.run(
    `INSERT INTO delivery (${DELIVERY_COLUMNS}, orderKey, eventId, endpointId) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO NOTHING`,
    ...toColumns({ ...attributes, expiresAt }, COLUMNS),
    delivery.orderKey,
    delivery.eventId,
    delivery.endpointId,
  );
  return inserted === 1;
}

/** False, and nothing is written, when there is no row or it does not meet the condition. */
export function updateDelivery(
  connection: Connection,
  key: DeliveryKey,
  condition: (row: Row) => boolean,
  change: Row,
): boolean {
  const row = findDelivery(connection, key);
  if (row === undefined || !condition(row)) return false;
  connection.run(
    `UPDATE delivery SET attributes = ?, owedTo = ?, dueAt = ?, expiresAt = ?
     WHERE orderKey = ? AND eventId = ? AND endpointId = ?`,
    ...toColumns(changed(row, change), COLUMNS),
    key.orderKey,
    key.eventId,
    key.endpointId,
  );
  return true;
}
