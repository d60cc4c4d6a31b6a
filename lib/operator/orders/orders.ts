/** Reads the timeline of an order. */
import type { EventRecord } from '../../relay/model/event.ts';
import { type OrderKey, type SourceId, sourceOf } from '../../relay/model/ids.ts';
import type { Connection } from '../connection.ts';
import { type DeliveryWithNext, nextTries } from '../deliveries/next-try.ts';
import { NotFoundError } from '../errors.ts';
import {
  describeAll,
  findOrder,
  findOrderKeys,
  idsOf,
  type OrderMatch,
  type OrderQuery,
} from './order-matches.ts';

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

/** The orders that an id may mean. */
export interface OrderMatches {
  /** Newest first. */
  readonly matches: readonly OrderMatch[];
}

/**
 * The timeline of the one order with this id.
 *
 * @throws NotFoundError
 * @throws AmbiguousOrderError
 */
export async function showOrder(connection: Connection, query: OrderQuery): Promise<Order> {
  return readOrder(connection, await findOrder(connection, query), query.id);
}

/**
 * Like {@link showOrder}, but lists the orders when several have the id.
 *
 * @throws NotFoundError
 */
export async function lookUpOrder(connection: Connection, query: OrderQuery): Promise<Order | OrderMatches> {
  const found = await findOrderKeys(connection, query);
  const [only, ...others] = found;
  if (only === undefined || others.length > 0) return { matches: await describeAll(connection, found) };
  return readOrder(connection, only.orderKey, query.id);
}

/** @throws NotFoundError */
async function readOrder(connection: Connection, orderKey: OrderKey, id: string): Promise<Order> {
  const [newestFirst, rows, nextOf] = await Promise.all([
    Array.fromAsync(connection.eventLog.eventsNewestFirst(orderKey)),
    connection.eventLog.deliveries(orderKey),
    nextTries(connection),
  ]);
  const deliveries = rows.map((row) => ({ ...row, ...nextOf(row) }));
  if (newestFirst.length === 0) throw new NotFoundError('order', id, ': its events have expired');
  return {
    orderKey,
    source: sourceOf(orderKey),
    ...idsOf(newestFirst),
    events: newestFirst.toReversed().map((event) => ({
      ...event,
      deliveries: deliveries.filter(({ eventId }) => eventId === event.eventId),
    })),
  };
}
