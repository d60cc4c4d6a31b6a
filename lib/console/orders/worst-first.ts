/** Among fifty endpoints, the one that has not got an update must be seen without scrolling. */
import { outcomeAt } from '../../operator/orders/endpoint-outcome.ts';
import type { OrderEndpoint } from '../../operator/orders/order-updates.ts';
import type { EventWithDeliveries } from '../../operator/orders/orders.ts';
import { toneOf } from '../layout/state-badge.ts';

const TONES = ['bad', 'warn', 'good', 'neutral'];

/** Sorts by the outcome of the newest of the updates that have one. Equals stay in their order. */
export function worstFirst(
  endpoints: readonly OrderEndpoint[],
  newestFirst: readonly EventWithDeliveries[],
): OrderEndpoint[] {
  const ranks = new Map(endpoints.map(({ id }) => [id, rankOf(id, newestFirst)]));
  return endpoints.toSorted((one, other) => (ranks.get(one.id) ?? 0) - (ranks.get(other.id) ?? 0));
}

function rankOf(id: OrderEndpoint['id'], newestFirst: readonly EventWithDeliveries[]): number {
  for (const event of newestFirst) {
    const found = outcomeAt(event, id);
    if (found !== undefined) return TONES.indexOf(toneOf(found.outcome.state));
  }
  return TONES.length;
}
