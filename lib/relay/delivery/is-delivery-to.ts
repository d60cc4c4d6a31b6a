/** Guards an endpoint's list of owed work against rows that a person edited. */
import type { DeliveryKey } from '../model/delivery.ts';
import type { EndpointId } from '../model/ids.ts';
import type { OwedItem } from '../ports/event-log.ts';

/**
 * True for a delivery of this endpoint. An edited `owedTo` puts another endpoint's delivery, or an event, into the list. It
 * must neither be sent to this endpoint nor stop its service.
 */
export function isDeliveryTo(
  item: OwedItem,
  id: EndpointId,
): item is OwedItem & DeliveryKey & { kind: 'delivery' } {
  return item.kind === 'delivery' && item.endpointId === id;
}
