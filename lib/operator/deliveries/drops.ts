/** Drops deliveries that need attention. */
import { applyChange } from '../../relay/delivery/apply-change.ts';
import { dropped } from '../../relay/delivery/state-machine.ts';
import { attentionOf, isSettled } from '../../relay/model/delivery.ts';
import type { BulkRun } from '../bulk-run.ts';
import type { Connection } from '../connection.ts';
import { type DeliverySelection, forEachSelected } from './delivery-selection.ts';

export type DropSelection = Omit<DeliverySelection, 'state'> & {
  readonly state?: 'dead' | 'cancelled' | undefined;
};

export interface DropResult {
  /** Dropped; in a dry run, would be dropped. */
  readonly dropped: number;
  /** Changed since they were listed, so they were not dropped. */
  readonly changed: number;
  /** Cancelled before their first attempt. They have no row of their own, and stay until their events expire. */
  readonly withoutRow: number;
  readonly interrupted: boolean;
}

/**
 * Takes dead and cancelled deliveries off the list of those that need attention. They stay in the history and keep their
 * state, and can be replayed.
 *
 * @throws NotFoundError
 * @throws NotPossibleError when the named delivery is neither dead nor cancelled
 */
export async function dropDeliveries(
  connection: Connection,
  selection: DropSelection,
  run: BulkRun = {},
): Promise<DropResult> {
  const counts = { dropped: 0, changed: 0, withoutRow: 0 };
  const ended = await forEachSelected(connection, selection, ['dead', 'cancelled'], run, async (delivery) => {
    const isListed = isSettled(delivery) && delivery.owedTo === attentionOf(delivery.endpointId);
    if (!isListed) {
      counts.withoutRow += 1;
      return;
    }
    const isDropped =
      run.dryRun || (await applyChange(connection, delivery, dropped(delivery))) !== undefined;
    counts[isDropped ? 'dropped' : 'changed'] += 1;
    run.onProgress?.(`${counts.dropped} dropped`);
  });
  return { ...counts, interrupted: !ended };
}
