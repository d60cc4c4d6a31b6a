/** Ends a delivery: first its row is settled, then the event's outcome is written, then the row leaves the `owed` list. */

import type { SendingContext } from '../context.ts';
import { isTest, outcomeOf, type SettledDelivery, type UnfinishedDelivery } from '../model/delivery.ts';
import type { SettledState } from '../model/delivery-state.ts';
import type { EventRecord } from '../model/event.ts';
import { isDeepStrictEqual } from '../model/node-util.ts';
import type { Reason } from '../model/reason.ts';
import { StoreError } from '../ports/event-log.ts';
import { applyChange } from './apply-change.ts';
import { ended, outcomePostponed, outcomeRecorded } from './state-machine.ts';

/** Two functions may settle the same row at the same time. */
const TRIES = 3;

/** The ports that are needed to end a delivery. */
export type SettlingContext = Pick<SendingContext, 'clock' | 'eventLog' | 'telemetry'>;

/**
 * Ends a delivery without an attempt. False, and nothing is written, when its row has changed since it was read.
 * @param known as for {@link writeOutcome}
 */
export async function settle(
  context: SettlingContext,
  delivery: UnfinishedDelivery,
  state: Exclude<SettledState, 'delivered'>,
  reason: Reason,
  known?: EventRecord,
): Promise<boolean> {
  const settled = await applyChange(context, delivery, ended(delivery, state, reason, context.clock.now()));
  if (settled === undefined) return false;
  await writeOutcome(context, settled, known);
  return true;
}

/**
 * Writes the event's outcome for a settled row, and finishes the work of a run that died before it could.
 * @param known the event as it was read before: saves a read while its outcome is still the same
 */
export async function writeOutcome(
  context: SettlingContext,
  delivery: SettledDelivery,
  known?: EventRecord,
): Promise<void> {
  if (delivery.owedTo !== delivery.endpointId) return;
  const now = context.clock.now();
  const unfinished = await recordOutcome(context, delivery, known);
  if (unfinished !== undefined) {
    await applyChange(context, delivery, outcomePostponed(delivery, unfinished, now));
    return;
  }
  await applyChange(context, delivery, outcomeRecorded(delivery, now));
  if (delivery.state === 'dead' && !isTest(delivery)) context.telemetry.count('DeliveriesDead');
}

/**
 * @returns the event until fan-out has written its outcomes: it may have read this row before it was settled; undefined
 * when nothing is left to write
 */
async function recordOutcome(
  { eventLog }: SettlingContext,
  delivery: SettledDelivery,
  known: EventRecord | undefined,
): Promise<EventRecord | undefined> {
  const { endpointId } = delivery;
  const outcome = outcomeOf(delivery);
  const replaces = (event: EventRecord) =>
    eventLog.recordOutcome(delivery, endpointId, outcome, event.outcomes?.[endpointId]);
  if (known?.fannedOutAt !== undefined && (await replaces(known))) return undefined;
  for (let tried = 1; tried <= TRIES; tried++) {
    const event = await eventLog.event(delivery);
    // When the event has expired or fan-out gave up, only the delivery's row records the end.
    if (event === undefined || event.abandonedAt !== undefined) return undefined;
    if (event.fannedOutAt === undefined) return event;
    if (isDeepStrictEqual(event.outcomes?.[endpointId], outcome)) return undefined;
    if (await replaces(event)) return undefined;
  }
  throw new StoreError('the outcome changed repeatedly');
}
