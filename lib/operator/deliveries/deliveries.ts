/** Lists pending deliveries, and the deliveries and events that need attention. */
import type { EndpointId } from '../../relay/model/ids.ts';
import type { Connection } from '../connection.ts';
import { countDeliveries, type DeliveryCounts, sumOf } from './delivery-counts.ts';
import { findEndpointId, knownEndpointIds } from './known-endpoints.ts';
import { type DeliveryWithNext, nextTries } from './next-try.ts';
import { OWED_STATES, type OwedState, type OwedWork, owedWork } from './owed-work.ts';

export interface DeliveryListQuery {
  readonly endpointId?: string | undefined;
  readonly state?: OwedState | undefined;
  readonly since?: Date | undefined;
  readonly limit: number;
}

export type ListedWork =
  | Extract<OwedWork, { kind: 'event' }>
  | (Omit<Extract<OwedWork, { kind: 'delivery' }>, 'delivery'> & { readonly delivery: DeliveryWithNext });

export interface DeliveryList {
  readonly query: DeliveryListQuery;
  readonly found: readonly ListedWork[];
  /** True when the limit cut the list. */
  readonly isCut: boolean;
  /** All deliveries in the query's scope, whatever its state and time. Only when nothing was found. */
  readonly besides?: DeliveryCounts;
}

/**
 * First the items that need attention, latest first. Then the pending deliveries, next due first. The deliveries that
 * fan-out cancelled without a row are listed for one endpoint, or for the state `cancelled`: a disabled endpoint has one for
 * every event.
 *
 * @throws NotFoundError
 */
export async function listDeliveries(
  connection: Connection,
  query: DeliveryListQuery,
): Promise<DeliveryList> {
  const { state, since, limit } = query;
  const endpointId =
    query.endpointId === undefined ? undefined : await findEndpointId(connection, query.endpointId);
  const work = owedWork(connection, {
    endpointId,
    states: state === undefined ? OWED_STATES : [state],
    since,
    withCancelledInFanOut: endpointId !== undefined || state === 'cancelled',
    backwards: true,
    batchSize: Math.min(limit + 1, 100),
  });
  const found: OwedWork[] = [];
  for await (const batch of work) {
    found.push(...batch);
    if (found.length > limit) break;
  }
  if (found.length === 0)
    return { query, found: [], isCut: false, besides: await countAll(connection, endpointId) };
  const nextOf = await nextTries(connection);
  const listed = found
    .slice(0, limit)
    .map((one) =>
      one.kind === 'event' ? one : { ...one, delivery: { ...one.delivery, ...nextOf(one.delivery) } },
    );
  return { query, found: listed, isCut: found.length > limit };
}

async function countAll(connection: Connection, endpointId: EndpointId | undefined): Promise<DeliveryCounts> {
  const ids = endpointId === undefined ? [...(await knownEndpointIds(connection))] : [endpointId];
  return sumOf((await countDeliveries(connection, ids)).values());
}
