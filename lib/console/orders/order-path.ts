/** The addresses of an order and of its updates. */
import { checkEventId } from '../../operator/events/event-key.ts';
import { idInSource, orderKeyIn } from '../../operator/orders/order-key.ts';
import type { EventKey } from '../../relay/model/event.ts';
import { type OrderKey, sourceOf } from '../../relay/model/ids.ts';
import type { ConsoleContext } from '../console-env.ts';
import { fromSegment, toSegment } from '../layout/path-segment.ts';

export const ORDER_ROUTE = '/orders/:source/:order';
export const UPDATE_ROUTE = `${ORDER_ROUTE}/:event{evt_[0-9A-Z]+}`;

export function orderPath(orderKey: OrderKey): string {
  return `/orders/${encodeURIComponent(sourceOf(orderKey))}/${toSegment(idInSource(orderKey))}`;
}

export function updatePath({ orderKey, eventId }: EventKey): string {
  return `${orderPath(orderKey)}/${eventId}`;
}

/**
 * @throws InvalidInputError
 * @throws NotFoundError
 */
export function orderKeyOf(c: ConsoleContext): OrderKey {
  const { source = '', order = '' } = c.req.param();
  return orderKeyIn(source, fromSegment(order));
}

/**
 * @throws InvalidInputError
 * @throws NotFoundError
 */
export function updateKeyOf(c: ConsoleContext): EventKey {
  const { event = '' } = c.req.param();
  return { orderKey: orderKeyOf(c), eventId: checkEventId(event) };
}
