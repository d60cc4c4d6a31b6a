/** Finds an order by either of its ids, and reads its timeline. */
import type { EventRecord } from '../../relay/model/event.ts';
import { aliasKeyOf, type OrderKey, orderKeyOf, type SourceId, sourceOf } from '../../relay/model/ids.ts';
import type { Connection } from '../connection.ts';
import { type DeliveryWithNext, nextTries } from '../deliveries/next-try.ts';
import { InvalidInputError, NotFoundError } from '../errors.ts';
import { checkSourceId, findSourceId, sourceIds } from '../sources/sources.ts';

/** An order with its events and deliveries. */
export interface Order {
  readonly orderKey: OrderKey;
  readonly source: SourceId;
  readonly orderId?: string;
  readonly niceId?: string;
  /** Oldest first. */
  readonly events: readonly EventWithDeliveries[];
}

export interface EventWithDeliveries extends EventRecord {
  /** Only deliveries with a row. The outcomes cover all endpoints. */
  readonly deliveries: readonly DeliveryWithNext[];
}

export interface OrderQuery {
  /** The Hub's order id, or the nice id. */
  readonly id: string;
  /** All sources when absent. */
  readonly source?: string | undefined;
}

/**
 * @throws NotFoundError
 * @throws InvalidInputError when several sources have an order with this id
 */
export async function showOrder(connection: Connection, query: OrderQuery): Promise<Order> {
  const orderKey = await findOrder(connection, query);
  const [newestFirst, rows, nextOf] = await Promise.all([
    Array.fromAsync(connection.eventLog.eventsNewestFirst(orderKey)),
    connection.eventLog.deliveries(orderKey),
    nextTries(connection),
  ]);
  const deliveries = rows.map((row) => ({ ...row, ...nextOf(row) }));
  if (newestFirst.length === 0) throw new NotFoundError('order', query.id, ': its events have expired');
  const orderId = newestFirst.find((event) => event.orderId !== undefined)?.orderId;
  const niceId = newestFirst.find((event) => event.niceId !== undefined)?.niceId;
  return {
    orderKey,
    source: sourceOf(orderKey),
    ...(orderId !== undefined && { orderId }),
    ...(niceId !== undefined && { niceId }),
    events: newestFirst.toReversed().map((event) => ({
      ...event,
      deliveries: deliveries.filter(({ eventId }) => eventId === event.eventId),
    })),
  };
}

/**
 * Finds the partition of an order.
 *
 * @throws NotFoundError when there is no such order, or no such source
 * @throws InvalidInputError when several sources have an order with this id
 */
export async function findOrder(connection: Connection, { id, source }: OrderQuery): Promise<OrderKey> {
  const sources = source === undefined ? await sourceIds(connection) : [checkSourceId(source)];
  const found = await Promise.all(sources.map((one) => findInSource(connection, one, id)));
  const [orderKey, ...others] = found.filter((key) => key !== undefined);
  if (orderKey === undefined) {
    if (source !== undefined) await findSourceId(connection, source);
    throw new NotFoundError('order', id, whereOf(sources));
  }
  if (others.length > 0) {
    const having = [orderKey, ...others].map(sourceOf).join(' or ');
    throw new InvalidInputError([
      { attribute: 'source', problem: `must be ${having}: each has an order with this id` },
    ]);
  }
  return orderKey;
}

async function findInSource(
  { eventLog, eventReader }: Connection,
  source: SourceId,
  id: string,
): Promise<OrderKey | undefined> {
  const orderKey = orderKeyOf(source, id);
  const newest = await eventLog.newestEventId(orderKey);
  return newest === undefined ? eventReader.orderOfAlias(aliasKeyOf(source, id)) : orderKey;
}

function whereOf(sources: readonly SourceId[]): string {
  if (sources.length === 0) return ': the relay has no source';
  return ` in the source${sources.length > 1 ? 's' : ''} ${sources.join(', ')}`;
}
