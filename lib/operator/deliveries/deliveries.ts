/** Lists pending deliveries, and the deliveries and events that need attention. */
import type { Connection } from '../connection.ts';
import { findEndpointId, OWED_STATES, type OwedState, type OwedWork, owedWork } from './owed-work.ts';

export interface DeliveryListQuery {
  readonly endpointId?: string | undefined;
  readonly state?: OwedState | undefined;
  readonly since?: Date | undefined;
  readonly limit: number;
}

export interface DeliveryList {
  readonly found: readonly OwedWork[];
  /** True when the limit cut the list. */
  readonly isCut: boolean;
}

/**
 * First the items that need attention, latest first. Then the pending deliveries, next due first.
 *
 * @throws NotFoundError
 */
export async function listDeliveries(
  connection: Connection,
  { endpointId, state, since, limit }: DeliveryListQuery,
): Promise<DeliveryList> {
  const query = {
    endpointId: endpointId === undefined ? undefined : await findEndpointId(connection, endpointId),
    states: state === undefined ? OWED_STATES : [state],
    since,
    backwards: true,
    batchSize: Math.min(limit + 1, 100),
  };
  const found: OwedWork[] = [];
  for await (const batch of owedWork(connection, query)) {
    found.push(...batch);
    if (found.length > limit) break;
  }
  return { found: found.slice(0, limit), isCut: found.length > limit };
}
