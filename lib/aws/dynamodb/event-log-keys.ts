/** Builds and parses the keys of the EventLog table and its indexes. */
import { EVENT_LOG_TABLE } from '../../contract/tables.ts';
import { endpointIdSchema } from '../../relay/endpoint/endpoint-id.ts';
import type { DeliveryKey } from '../../relay/model/delivery.ts';
import type { EventKey } from '../../relay/model/event.ts';
import {
  type EndpointId,
  type EventId,
  eventTime,
  isEventId,
  type OrderKey,
  SHARDS,
  sha256Hex,
  shardOf,
} from '../../relay/model/ids.ts';
import { type CancelledList, SEVERAL_ENDPOINTS } from '../../relay/ports/operator.ts';

export const EVENT_PREFIX = 'event#';
export const PAYLOAD_PREFIX = 'payload#';
export const DELIVERY_PREFIX = 'delivery#';
export const ALIAS_PREFIX = 'alias#';

/** Sorts after every event id. */
const AFTER_ALL_IDS = '~';

/** DynamoDB's limit on a sort key, in bytes. */
const SORT_KEY_LIMIT_BYTES = 1024;

export type RowKey = {
  readonly [EVENT_LOG_TABLE.partitionKey]: OrderKey;
  readonly [EVENT_LOG_TABLE.sortKey]: string;
};

export const eventRowKey = ({ orderKey, eventId }: EventKey): RowKey => ({
  orderKey,
  sk: EVENT_PREFIX + eventId,
});

export const payloadRowKey = ({ orderKey, eventId }: EventKey): RowKey => ({
  orderKey,
  sk: PAYLOAD_PREFIX + eventId,
});

export const deliveryRowKey = ({ orderKey, eventId, endpointId }: DeliveryKey): RowKey => ({
  orderKey,
  sk: `${DELIVERY_PREFIX}${eventId}#${endpointId}`,
});

/** The row that leads from an id that people use to one order. */
export const aliasRowKey = (aliasKey: OrderKey, orderKey: OrderKey): RowKey => ({
  orderKey: aliasKey,
  sk: ALIAS_PREFIX + fittedSortKey(orderKey.slice(orderKey.indexOf('/') + 1)),
});

/** An order id that is too long for a sort key is replaced by its SHA-256. */
function fittedSortKey(orderId: string): string {
  const isShort = Buffer.byteLength(orderId) <= SORT_KEY_LIMIT_BYTES - ALIAS_PREFIX.length;
  return isShort ? orderId : `sha256:${sha256Hex(orderId)}`;
}

/** A consistent query for the rows of one kind in a partition. */
export function rowsOf(orderKey: OrderKey, prefix: string) {
  return {
    KeyConditionExpression: 'orderKey = :orderKey AND begins_with(sk, :prefix)',
    ExpressionAttributeValues: { ':orderKey': orderKey, ':prefix': prefix },
    ConsistentRead: true,
  };
}

/** A consistent query for the events of an order, or for those from one on. */
export function eventRowsOf(orderKey: OrderKey, oldest?: EventId) {
  if (oldest === undefined) return rowsOf(orderKey, EVENT_PREFIX);
  return {
    KeyConditionExpression: 'orderKey = :orderKey AND sk BETWEEN :oldest AND :last',
    ExpressionAttributeValues: {
      ':orderKey': orderKey,
      ':oldest': EVENT_PREFIX + oldest,
      ':last': EVENT_PREFIX + AFTER_ALL_IDS,
    },
    ConsistentRead: true,
  };
}

/** The partition of the `owed` index that holds an event until it is fanned out. */
export const owedToFanOut = (eventId: EventId): string => `fan-out#${shardOf(eventId)}`;

/** The partition of the `byEndpoint` index for an event that fan-out cancelled. */
export function cancelledListOf(
  eventId: EventId,
  [first, ...others]: readonly EndpointId[],
): string | undefined {
  if (first === undefined) return undefined;
  return others.length === 0 ? `${CANCELLED}${first}` : severalShard(shardOf(eventId));
}

/** All partitions of a list of cancelled events. */
export const partitionsOf = (list: CancelledList): string[] =>
  list === SEVERAL_ENDPOINTS
    ? Array.from({ length: SHARDS }, (_, shard) => severalShard(shard))
    : [`${CANCELLED}${list}`];

const CANCELLED = 'cancelled#';
const severalShard = (shard: number): string => `${SEVERAL_ENDPOINTS}#${shard}`;

/** An event's partition of the `byTime` index. */
export const dayOf = (eventId: EventId): string => dayShard(eventTime(eventId), shardOf(eventId));

/** All partitions of a day in the `byTime` index. */
export const daysOf = (moment: Date): string[] =>
  Array.from({ length: SHARDS }, (_, shard) => dayShard(moment, shard));

const dayShard = (moment: Date, shard: number): string => `day#${moment.toISOString().slice(0, 10)}#${shard}`;

export type ParsedKey =
  | ({ readonly kind: 'event' } & EventKey)
  | ({ readonly kind: 'delivery' } & DeliveryKey);

/** Undefined for rows of other kinds, and for keys that the relay did not write. */
export function parseRowKey(orderKey: unknown, sk: unknown): ParsedKey | undefined {
  if (typeof orderKey !== 'string' || typeof sk !== 'string' || !orderKey.includes('/')) return undefined;
  const [prefix, eventId = '', ...rest] = sk.split('#');
  if (!isEventId(eventId)) return undefined;
  const key = { orderKey: orderKey as OrderKey, eventId };
  if (prefix === 'event' && rest.length === 0) return { kind: 'event', ...key };
  const endpointId = endpointIdSchema.safeParse(rest[0]);
  if (prefix === 'delivery' && rest.length === 1 && endpointId.success) {
    return { kind: 'delivery', ...key, endpointId: endpointId.data };
  }
  return undefined;
}
