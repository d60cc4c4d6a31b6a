/** Finds the orders that an id may mean. Nice ids are not unique, and an order id can be another order's nice id. */
import type { EventRecord } from '../../relay/model/event.ts';
import { aliasKeyOf, type OrderKey, orderKeyOf, type SourceId, sourceOf } from '../../relay/model/ids.ts';
import type { Connection } from '../connection.ts';
import { NotFoundError } from '../errors.ts';
import { checkSourceId, findSourceId, sourceIds } from '../sources/sources.ts';

export interface OrderQuery {
  /** The Hub's order id, or the nice id. Case counts only when several ids differ in it alone. */
  readonly id: string;
  /** All sources when absent. */
  readonly source?: string | undefined;
  /** Search order ids only, in exact case. */
  readonly byOrderId?: boolean | undefined;
}

/** An order with an id, and enough to tell it from others. It contains no personal data. */
export interface OrderMatch {
  readonly orderKey: OrderKey;
  readonly source: SourceId;
  readonly orderId?: string;
  readonly niceId?: string;
  /** When its first event was received, of those that have not expired. */
  readonly firstSeenAt: Date;
  /** Absent when all its events have expired. */
  readonly lastSeenAt?: Date;
  /** The items of its newest snapshot. */
  readonly items?: EventRecord['items'];
}

/** Several orders have an id. Nothing was written or sent. */
export class AmbiguousOrderError extends Error {
  override readonly name = 'AmbiguousOrderError';
  /** Newest first. */
  readonly matches: readonly OrderMatch[];

  constructor(id: string, matches: readonly OrderMatch[]) {
    super(`${matches.length} orders have the id ${id}`);
    this.matches = matches;
  }
}

/**
 * The one order with this id. Use it before anything is erased or sent.
 *
 * @throws NotFoundError
 * @throws AmbiguousOrderError
 */
export async function findOrder(connection: Connection, query: OrderQuery): Promise<OrderKey> {
  const found = await findOrderKeys(connection, query);
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) return only.orderKey;
  throw new AmbiguousOrderError(query.id.trim(), await describeAll(connection, found));
}

interface FoundOrder {
  readonly orderKey: OrderKey;
  /** When its alias was written; absent when it was found by its order id. */
  readonly seenAt?: Date;
}

/**
 * All orders with this id.
 *
 * @throws NotFoundError
 */
export async function findOrderKeys(connection: Connection, query: OrderQuery): Promise<FoundOrder[]> {
  const { source, byOrderId = false } = query;
  const id = query.id.trim();
  const sources = source === undefined ? await sourceIds(connection) : [checkSourceId(source)];
  const found = await Promise.all(sources.map((one) => findInSource(connection, one, id, byOrderId)));
  const exact = found.flatMap((one) => one.exact);
  const matches = exact.length > 0 ? exact : found.flatMap((one) => one.inOtherCase);
  if (matches.length > 0) return matches;
  if (source !== undefined) await findSourceId(connection, source);
  throw new NotFoundError('order', id, whereOf(sources));
}

async function findInSource(
  { eventLog, eventReader }: Connection,
  source: SourceId,
  id: string,
  byOrderId: boolean,
): Promise<{ readonly exact: FoundOrder[]; readonly inOtherCase: FoundOrder[] }> {
  const withEvents = async (orderId: string): Promise<FoundOrder[]> => {
    const orderKey = orderKeyOf(source, orderId);
    return (await eventLog.newestEventId(orderKey)) === undefined ? [] : [{ orderKey }];
  };
  const [byId, aliases] = await Promise.all([
    withEvents(id),
    byOrderId ? [] : eventReader.aliasesOf(aliasKeyOf(source, id)),
  ]);
  const exact = unique([...byId, ...aliases.filter((alias) => alias.id === id)]);
  if (byOrderId || exact.length > 0) return { exact, inOtherCase: [] };
  const others = await Promise.all([withEvents(id.toLowerCase()), withEvents(id.toUpperCase())]);
  return { exact, inOtherCase: unique([...others.flat(), ...aliases]) };
}

/** All orders of a source with this order id or nice id, in upper or lower case. */
export async function findInAnyCase(
  { eventLog, eventReader }: Pick<Connection, 'eventLog' | 'eventReader'>,
  source: SourceId,
  id: string,
): Promise<FoundOrder[]> {
  const spellings = [...new Set([id, id.toLowerCase(), id.toUpperCase()])];
  const orderKeys = spellings.map((spelling) => orderKeyOf(source, spelling));
  const [newest, aliases] = await Promise.all([
    Promise.all(orderKeys.map((orderKey) => eventLog.newestEventId(orderKey))),
    eventReader.aliasesOf(aliasKeyOf(source, id)),
  ]);
  const byId = orderKeys.filter((_, index) => newest[index] !== undefined);
  return unique([...byId.map((orderKey) => ({ orderKey })), ...aliases]);
}

function unique(orders: readonly FoundOrder[]): FoundOrder[] {
  return [...new Map(orders.toReversed().map((order) => [order.orderKey, order])).values()];
}

/** Newest first. */
export async function describeAll(
  connection: Connection,
  orders: readonly FoundOrder[],
): Promise<OrderMatch[]> {
  const matches = await Promise.all(orders.map((order) => describe(connection, order)));
  const timeOf = ({ lastSeenAt, firstSeenAt }: OrderMatch) => (lastSeenAt ?? firstSeenAt).getTime();
  return matches.sort((a, b) => timeOf(b) - timeOf(a));
}

async function describe(
  { eventLog }: Connection,
  { orderKey, seenAt = new Date(0) }: FoundOrder,
): Promise<OrderMatch> {
  const newestFirst = await Array.fromAsync(eventLog.eventsNewestFirst(orderKey));
  const { orderId, niceId } = idsOf(newestFirst);
  const items = newestFirst.find((event) => event.items !== undefined)?.items;
  const lastSeenAt = newestFirst[0]?.receivedAt;
  return {
    orderKey,
    source: sourceOf(orderKey),
    ...(orderId !== undefined && { orderId }),
    ...(niceId !== undefined && { niceId }),
    firstSeenAt: newestFirst.at(-1)?.receivedAt ?? seenAt,
    ...(lastSeenAt !== undefined && { lastSeenAt }),
    ...(items !== undefined && { items }),
  };
}

/** The newest ids of an order. */
export function idsOf(newestFirst: readonly EventRecord[]): Pick<EventRecord, 'orderId' | 'niceId'> {
  const orderId = newestFirst.find((event) => event.orderId !== undefined)?.orderId;
  const niceId = newestFirst.find((event) => event.niceId !== undefined)?.niceId;
  return { ...(orderId !== undefined && { orderId }), ...(niceId !== undefined && { niceId }) };
}

function whereOf(sources: readonly SourceId[]): string {
  if (sources.length === 0) return ': the relay has no source';
  return ` in the source${sources.length > 1 ? 's' : ''} ${sources.join(', ')}`;
}
