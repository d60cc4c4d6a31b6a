/** Gives up deliveries that are pending. */

import { settle } from '../../relay/delivery/settle.ts';
import { isLeased, isUnfinished } from '../../relay/model/delivery.ts';
import type { Connection } from '../connection.ts';
import type { Run } from '../long-run.ts';
import { type DeliverySelection, eachSelected } from './delivery-selection.ts';

const CANCELLED = 'cancelled-by-hand';

export interface CancelResult {
  /** Cancelled, or, in a dry run, to be cancelled. */
  readonly cancelled: number;
  /** Being sent at this moment. */
  readonly underWay: number;
  readonly interrupted: boolean;
}

/**
 * Gives up deliveries that are pending. Each is listed as cancelled, and can be retried or replayed.
 *
 * @throws NotFoundError
 * @throws NotPossibleError when the one that is named is not pending
 */
export async function cancelDeliveries(
  connection: Connection,
  selection: Omit<DeliverySelection, 'state'>,
  run: Run = {},
): Promise<CancelResult> {
  const counts = { cancelled: 0, underWay: 0 };
  const pending = { ...selection, state: 'pending' } as const;
  const ended = await eachSelected(connection, pending, ['pending'], run, async (delivery) => {
    const isCancelled =
      isUnfinished(delivery) &&
      !isLeased(delivery, connection.clock.now()) &&
      (run.dryRun || (await settle(connection, delivery, 'cancelled', CANCELLED)));
    counts[isCancelled ? 'cancelled' : 'underWay'] += 1;
    run.onProgress?.(`${counts.cancelled} cancelled`);
  });
  return { ...counts, interrupted: !ended };
}
