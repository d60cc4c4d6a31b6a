/** Schedules a delivery again whose filter or transform was not evaluated, because other expressions took the time. */
import type { SendingContext } from '../context.ts';
import { applyChange } from '../delivery/apply-change.ts';
import { enqueue } from '../delivery/enqueue.ts';
import { expressionPostponed, messageFor } from '../delivery/state-machine.ts';
import type { UnfinishedDelivery } from '../model/delivery.ts';

/** Does nothing when the row has changed since it was read. */
export async function postpone(context: SendingContext, delivery: UnfinishedDelivery): Promise<void> {
  const now = context.clock.now();
  const next = await applyChange(context, delivery, expressionPostponed(delivery, now));
  if (next !== undefined) await enqueue(context, messageFor(next, now));
}
