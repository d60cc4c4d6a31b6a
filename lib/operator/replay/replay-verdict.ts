/** Whether an event is to be sent to an endpoint once more. */

import type { Endpoint } from '../../relay/endpoint/endpoint.ts';
import type { Delivery } from '../../relay/model/delivery.ts';
import { shownState } from '../../relay/model/delivery-state.ts';
import type { EventRecord } from '../../relay/model/event.ts';

/**
 * `owed`: it is to be sent. `delivered`: the endpoint has had it. `underWay`: it is pending, or being sent.
 * `replayed`: this very replay, which was interrupted, has seen to it already. `newer`: a newer one of its order takes
 * its place. `skipped`: the endpoint did not want it. `notFannedOut`: its first attempt is yet to come. `erased`: there is nothing to send.
 */
export type Verdict =
  | 'owed'
  | 'delivered'
  | 'underWay'
  | 'replayed'
  | 'newer'
  | 'skipped'
  | 'notFannedOut'
  | 'erased';

export interface ReplayRules {
  readonly includeDelivered: boolean;
  /** Asks the filter anew about what it refused: it may be another one by now. */
  readonly includeSkipped: boolean;
  /** When the replay that is resumed was begun. */
  readonly resume?: Date | undefined;
}

/**
 * @param row the delivery's row; most deliveries never had one
 * @param isNewest asked last, for it takes a read: whether nothing newer of its order takes its place
 */
export async function verdictOf(
  event: EventRecord,
  { id, ordering }: Pick<Endpoint, 'id' | 'ordering'>,
  row: Delivery | undefined,
  { includeDelivered, includeSkipped, resume }: ReplayRules,
  isNewest: () => Promise<boolean>,
): Promise<Verdict> {
  if (event.forgottenAt !== undefined) return 'erased';
  if (event.fannedOutAt === undefined) return 'notFannedOut';
  // The row is the truth; the event's outcome follows it.
  const state = row === undefined ? event.outcomes?.[id]?.state : shownState(row.state);
  if (state === 'pending') return 'underWay';
  if (resume !== undefined && row?.replayedAt !== undefined && row.replayedAt >= resume) return 'replayed';
  switch (state) {
    case 'delivered':
      if (!includeDelivered) return 'delivered';
      break;
    case 'superseded':
      return 'newer';
    case 'skipped':
      if (!includeSkipped) return 'skipped';
      break;
    case 'dead':
    case 'cancelled':
    case undefined:
      break;
  }
  return ordering !== 'latest' || (await isNewest()) ? 'owed' : 'newer';
}
