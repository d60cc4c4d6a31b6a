/** The end of a delivery: its row first, then the event's outcome, and only then is it no longer owed. */
import { after } from './clock.ts';
import { type Delivery, type DeliveryState, isTest } from './delivery.ts';
import { outcomeOf } from './outcome.ts';
import type { SendingRelay } from './relay.ts';
import { changed, resting, settling, unheardOf } from './transition.ts';

/** What it takes to end a delivery: an operator has that much, too. */
export type SettlingRelay = Pick<SendingRelay, 'clock' | 'eventLog' | 'telemetry'>;

/** Until then the event's fan-out is given to end, which alone may write its outcomes first. */
const FAN_OUT_PENDING_MS = 60_000;

/** Ends a delivery without an attempt; false, and nothing is written, when its row has moved on since it was read. */
export async function settle(
  relay: SettlingRelay,
  delivery: Delivery,
  state: Exclude<DeliveryState, 'pending' | 'delivered'>,
  reason: string,
): Promise<boolean> {
  const change = { ...settling(state, relay.clock.now(), reason), ...unheardOf(delivery) };
  const { leaseId } = delivery;
  if (!(await relay.eventLog.updateDelivery(delivery, { state: 'pending', leaseId }, change))) return false;
  await writeOutcome(relay, changed(delivery, change));
  return true;
}

/** Goes on from a settled row: does whatever of the rest an earlier run may have left undone. */
export async function writeOutcome(relay: SettlingRelay, delivery: Delivery): Promise<void> {
  if (delivery.owedTo !== delivery.endpointId) return;
  const now = relay.clock.now();
  const only = { state: delivery.state, leaseId: undefined };
  const recorded = await relay.eventLog.recordOutcome(delivery, delivery.endpointId, outcomeOf(delivery));
  if (recorded === 'not fanned out') {
    // Fan-out has yet to write the event's outcomes: it may have read this row before it was settled.
    await relay.eventLog.updateDelivery(delivery, only, { dueAt: after(now, FAN_OUT_PENDING_MS) });
    return;
  }
  // When the event is gone, the delivery's row is all that is left to say how it ended.
  await relay.eventLog.updateDelivery(delivery, only, resting(delivery, now));
  if (delivery.state === 'dead' && !isTest(delivery)) relay.telemetry.count('DeliveriesDead');
}
