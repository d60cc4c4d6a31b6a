/** Has tried again what did not go through. */

import { replay } from '../../relay/delivery/replay.ts';
import { applyChange, retried } from '../../relay/delivery/state-machine.ts';
import { type Delivery, type DeliveryKey, isLeased, isSettled } from '../../relay/model/delivery.ts';
import type { EventKey, EventRecord } from '../../relay/model/event.ts';
import type { Connection } from '../connection.ts';
import { NotFoundError, NotPossibleError } from '../errors.ts';
import { findEventKey } from '../events/event-key.ts';
import { type Run, workThrough } from '../long-run.ts';
import { findReceiver, waitUntilHeard } from '../replay/receiver.ts';
import { type DeliverySelection, eachSelected } from './delivery-selection.ts';
import { owedWork } from './owed-work.ts';
import { FewKeys, wakeDeliveries, wakeEvents } from './wake-few.ts';

const RETRIED = 'retry';

export interface RetryResult {
  /** Made due, or, in a dry run, to be made due. */
  readonly retried: number;
  /** Being sent at this moment. */
  readonly underWay: number;
  /** Pending and due: they wait for their endpoint, or for their turn. */
  readonly dueAlready: number;
  /** Their events have expired. */
  readonly expired: number;
  /** Whether they go now; otherwise sweep begins with them within a minute. */
  readonly atOnce: boolean;
  /** What the endpoint waits for. */
  readonly waits?: string;
  readonly interrupted: boolean;
}

/**
 * Has deliveries tried again: dead and cancelled ones from the start, unless `state` says otherwise; pending ones at
 * once, whatever they wait for. The endpoint's circuit, rate limit and ordering hold as always.
 *
 * @throws NotFoundError
 * @throws NotPossibleError when the endpoint would get nothing
 */
export async function retryDeliveries(
  connection: Connection,
  selection: DeliverySelection,
  run: Run = {},
): Promise<RetryResult> {
  const receiver = await findReceiver(connection, selection.endpointId);
  const { waits } = receiver;
  const counts = { retried: 0, underWay: 0, dueAlready: 0, expired: 0 };
  const keys = new FewKeys<DeliveryKey>();
  if (!run.dryRun) await waitUntilHeard(connection, [receiver], run);
  const startedAt = connection.clock.now();

  const ended = await eachSelected(
    connection,
    selection,
    ['dead', 'cancelled'],
    run,
    async (delivery, event) => {
      if (isHandled(delivery, startedAt)) return;
      const result = await retryOne(connection, delivery, event, run);
      counts[result] += 1;
      if (result === 'retried' || result === 'dueAlready') keys.add(delivery);
      run.onProgress?.(`${counts.retried} made due`);
    },
  );
  const atOnce = !run.dryRun && (await wakeDeliveries(connection, keys));
  return { ...counts, atOnce, ...(waits !== undefined && { waits }), interrupted: !ended };
}

/** A delivery that this run has made due, or that has ended since, can come up again in the list. */
function isHandled(delivery: Delivery, startedAt: Date): boolean {
  return isSettled(delivery)
    ? delivery.settledAt >= startedAt
    : delivery.reason === RETRIED && delivery.dueAt >= startedAt;
}

async function retryOne(
  connection: Connection,
  delivery: Delivery,
  event: EventRecord | undefined,
  { dryRun = false }: Run,
): Promise<'retried' | 'underWay' | 'dueAlready' | 'expired'> {
  const now = connection.clock.now();
  if (isLeased(delivery, now)) return 'underWay';
  if (isSettled(delivery)) {
    if (event === undefined) return 'expired';
    return dryRun || (await replay(connection, event, delivery.endpointId)) === 'owed'
      ? 'retried'
      : 'underWay';
  }
  const { nextAttemptAt } = delivery;
  if (nextAttemptAt === undefined || nextAttemptAt <= now) return 'dueAlready';
  if (dryRun) return 'retried';
  return (await applyChange(connection, delivery, retried(delivery, now, RETRIED))) ? 'retried' : 'underWay';
}

export interface QuarantineSelection {
  readonly eventId?: string | undefined;
  readonly since?: Date | undefined;
}

/**
 * Has events fanned out after all whose fan-out had failed for days.
 *
 * @throws NotFoundError
 * @throws NotPossibleError when the one that is named is not such an event
 */
export async function retryQuarantined(
  connection: Connection,
  { eventId, since }: QuarantineSelection,
  run: Run = {},
): Promise<RetryResult> {
  const counts = { retried: 0, underWay: 0, dueAlready: 0, expired: 0 };
  const keys = new FewKeys<EventKey>();
  const retryEvent = async (event: EventRecord) => {
    const { eventWriter, clock } = connection;
    const isRetried = run.dryRun || (await eventWriter.retryFanOut(event, clock.now()));
    counts[isRetried ? 'retried' : 'underWay'] += 1;
    if (isRetried) keys.add(event);
    run.onProgress?.(`${counts.retried} given back to fan-out`);
  };

  let ended = true;
  if (eventId !== undefined) {
    const event = await connection.eventLog.event(await findEventKey(connection, eventId));
    if (event === undefined) throw new NotFoundError('event', eventId);
    if (event.abandonedAt === undefined || event.fannedOutAt !== undefined)
      throw new NotPossibleError(
        `the event ${eventId} is not quarantined for a person`,
        `\`events show ${eventId}\` tells what became of it.`,
      );
    await retryEvent(event);
  } else {
    for await (const batch of owedWork(connection, { states: ['quarantined'], since })) {
      const events = batch.flatMap((one) => (one.kind === 'event' ? [one.event] : []));
      ended = await workThrough(events, run, retryEvent);
      if (!ended) break;
    }
  }
  const atOnce = !run.dryRun && (await wakeEvents(connection, keys));
  return { ...counts, atOnce, interrupted: !ended };
}
