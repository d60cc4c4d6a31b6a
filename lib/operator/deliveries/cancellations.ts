/** Cancels pending deliveries. */

import { settle } from '../../relay/delivery/settle.ts';
import { isLeased, isUnfinished } from '../../relay/model/delivery.ts';
import type { BulkRun } from '../bulk-run.ts';
import type { Connection } from '../connection.ts';
import { type DeliverySelection, forEachSelected } from './delivery-selection.ts';

const CANCELLED = 'cancelled-by-hand';

export interface CancelResult {
  /** Cancelled; in a dry run, would be cancelled. */
  readonly cancelled: number;
  /** A function holds their lease, so they were not cancelled. */
  readonly inFlight: number;
  readonly interrupted: boolean;
}

/**
 * Cancels pending deliveries. A cancelled delivery needs attention: it can be retried or replayed.
 *
 * @throws NotFoundError
 * @throws NotPossibleError when the named delivery is not pending
 */
export async function cancelDeliveries(
  connection: Connection,
  selection: Omit<DeliverySelection, 'state'>,
  run: BulkRun = {},
): Promise<CancelResult> {
  const counts = { cancelled: 0, inFlight: 0 };
  const pending = { ...selection, state: 'pending' } as const;
  const ended = await forEachSelected(connection, pending, ['pending'], run, async (delivery) => {
    const isCancelled =
      isUnfinished(delivery) &&
      !isLeased(delivery, connection.clock.now()) &&
      (run.dryRun || (await settle(connection, delivery, 'cancelled', CANCELLED)));
    counts[isCancelled ? 'cancelled' : 'inFlight'] += 1;
    run.onProgress?.(`${counts.cancelled} cancelled`);
  });
  return { ...counts, interrupted: !ended };
}
