/** Decides whether to replay an event to an endpoint. */

import { isOnlyForSnapshots } from '../../relay/delivery/ordering.ts';
import type { Endpoint } from '../../relay/endpoint/endpoint.ts';
import type { Delivery } from '../../relay/model/delivery.ts';
import { shownState } from '../../relay/model/delivery-state.ts';
import type { EventRecord } from '../../relay/model/event.ts';

/**
 * - `replayed`: replay it.
 * - `delivered`: the endpoint received it.
 * - `pending`: its delivery is pending.
 * - `alreadyReplayed`: this replay was interrupted, and replayed it before that.
 * - `superseded`: a newer event of its order supersedes it.
 * - `skipped`: the endpoint's filter refused it, or it contains no snapshot for an endpoint with the ordering `latest`.
 * - `notFannedOut`: fan-out has not made its first attempt yet.
 * - `erased`: its payload was erased.
 * - `expired`: its payload has expired.
 */
export type ReplayDecision =
  | 'replayed'
  | 'delivered'
  | 'pending'
  | 'alreadyReplayed'
  | 'superseded'
  | 'skipped'
  | 'notFannedOut'
  | 'erased'
  | 'expired';

export interface ReplayRules {
  readonly includeDelivered: boolean;
  /** Evaluates the filter again for skipped events: it may have changed. */
  readonly includeSkipped: boolean;
  /** The start of the replay to continue. */
  readonly resume?: Date | undefined;
}

/**
 * @param row the delivery's row; absent for most deliveries
 * @param isNewest called late, because it reads: true when no newer event of the order supersedes this one
 * @param hasPayload called last, because it reads a whole payload
 */
export async function decideReplay(
  event: EventRecord,
  { id, ordering }: Pick<Endpoint, 'id' | 'ordering'>,
  row: Delivery | undefined,
  { includeDelivered, includeSkipped, resume }: ReplayRules,
  isNewest: () => Promise<boolean>,
  hasPayload: () => Promise<boolean>,
): Promise<ReplayDecision> {
  if (event.forgottenAt !== undefined) return 'erased';
  if (event.fannedOutAt === undefined) return 'notFannedOut';
  // The event's outcome is written after the row.
  const state = row === undefined ? event.outcomes?.[id]?.state : shownState(row.state);
  if (state === 'pending') return 'pending';
  if (resume !== undefined && row?.replayedAt !== undefined && row.replayedAt >= resume)
    return 'alreadyReplayed';
  if (isOnlyForSnapshots({ ordering }, event)) return 'skipped';
  switch (state) {
    case 'delivered':
      if (!includeDelivered) return 'delivered';
      break;
    case 'superseded':
      return 'superseded';
    case 'skipped':
      if (!includeSkipped) return 'skipped';
      break;
    case 'dead':
    case 'cancelled':
    case undefined:
      break;
  }
  if (ordering === 'latest' && !(await isNewest())) return 'superseded';
  return (await hasPayload()) ? 'replayed' : 'expired';
}
