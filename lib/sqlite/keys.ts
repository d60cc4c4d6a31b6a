/** Keys in rows, which people may have edited, and the lists that events stand in. */
import { endpointIdSchema } from '../relay/endpoint/endpoint-id.ts';
import type { DeliveryKey } from '../relay/model/delivery.ts';
import type { EventKey } from '../relay/model/event.ts';
import {
  type EndpointId,
  type EventId,
  FAN_OUT,
  isEventId,
  type OrderKey,
  shardOf,
} from '../relay/model/ids.ts';
import { type CancelledList, SEVERAL_ENDPOINTS } from '../relay/ports/operator.ts';

/** Undefined for a key that the relay did not write. */
export function toEventKey(orderKey: unknown, eventId: unknown): EventKey | undefined {
  if (typeof orderKey !== 'string' || typeof eventId !== 'string') return undefined;
  if (!orderKey.includes('/') || !isEventId(eventId)) return undefined;
  return { orderKey: orderKey as OrderKey, eventId };
}

/** Undefined for a key that the relay did not write. */
export function toDeliveryKey(
  orderKey: unknown,
  eventId: unknown,
  endpointId: unknown,
): DeliveryKey | undefined {
  const key = toEventKey(orderKey, eventId);
  const endpoint = endpointIdSchema.safeParse(endpointId);
  return key && endpoint.success ? { ...key, endpointId: endpoint.data } : undefined;
}

/** As errors and warnings name a row. */
export const eventName = ({ orderKey, eventId }: EventKey): string => `event#${eventId} of ${orderKey}`;
export const deliveryName = ({ orderKey, eventId, endpointId }: DeliveryKey): string =>
  `delivery#${eventId}#${endpointId} of ${orderKey}`;

/** The list of the `owed` index that holds an event until it is fanned out. */
export const owedToFanOut = (eventId: EventId): string => `${FAN_OUT}#${shardOf(eventId)}`;

/** The list of an event that fan-out cancelled for these endpoints. */
export function cancelledListOf([first, ...others]: readonly EndpointId[]): string | undefined {
  return first === undefined ? undefined : listedForOf(others.length === 0 ? first : SEVERAL_ENDPOINTS);
}

/** The value of `listedFor` in an event's row. */
export const listedForOf = (list: CancelledList): string => `cancelled#${list}`;
