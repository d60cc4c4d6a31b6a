/** A delivery's row of the EventLog table. */
import type { Delivery } from '../../relay/model/delivery.ts';
import { type Row, toAttributes } from '../../relay/rows/attributes.ts';
import { deliveryRowKey } from './event-log-keys.ts';

export function toDeliveryRow(delivery: Delivery): Row {
  return { ...deliveryRowKey(delivery), ...toAttributes(delivery), listedFor: delivery.endpointId };
}
