/** Guards an endpoint's list of owed work against rows that a person edited. */
import type { EndpointId } from '../model/ids.ts';
import type { OwedDelivery, OwedItem } from '../ports/event-log.ts';

/**
 * True for a delivery of this endpoint. An edited `owedTo` puts another endpoint's delivery, or an event, into the list. It
 * must neither be sent to this endpoint nor stop its service.
 */
export function isDeliveryTo(item: OwedItem, id: EndpointId): item is OwedDelivery {
  return item.kind === 'delivery' && item.endpointId === id;
}
