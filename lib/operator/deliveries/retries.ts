/** Retries deliveries, and abandoned events. */

import { applyChange } from '../../relay/delivery/apply-change.ts';
import { replay } from '../../relay/delivery/replay.ts';
import { retried } from '../../relay/delivery/state-machine.ts';
import { isTooFarAhead } from '../../relay/model/clock.ts';
import { type Delivery, type DeliveryKey, isLeased, isSettled } from '../../relay/model/delivery.ts';
import type { EventRecord } from '../../relay/model/event.ts';
import type { EndpointId } from '../../relay/model/ids.ts';
import { type BulkRun, forEachInBatches } from '../bulk-run.ts';
import type { Connection } from '../connection.ts';
import { NotFoundError, NotPossibleError } from '../errors.ts';
import { findEventKey } from '../events/event-key.ts';
import { findReplayTarget, waitForConfigCache } from '../replay/replay-target.ts';
import { type DeliverySelection, forEachSelected } from './delivery-selection.ts';
import { enqueueEndpoints } from './enqueue-endpoints.ts';
import { owedWork } from './owed-work.ts';

const RETRIED = 'retry';

export interface RetryResult {
  /** Made due; in a dry run, would be made due. */
  readonly retried: number;
  /** A function holds their lease, so they were not changed. */
  readonly inFlight: number;
  /** Pending and due: they wait for their endpoint, or for an earlier delivery. */
  readonly alreadyDue: number;
  /** Their events have expired. */
  readonly expired: number;
  /** Whether messages were enqueued; otherwise sweep enqueues them within a minute. */
  readonly enqueued: boolean;
  /** Why the endpoint receives nothing yet. */
  readonly waitReason?: string;
  readonly interrupted: boolean;
}

/**
 * Retries dead and cancelled deliveries, or those in `state`. A pending delivery becomes due at once. The endpoint's
 * circuit, rate limit and ordering still apply.
 *
 * @throws NotFoundError
 * @throws NotPossibleError when the endpoint is disabled or its row is invalid
 */
export async function retryDeliveries(
  connection: Connection,
  selection: DeliverySelection,
  run: BulkRun = {},
): Promise<RetryResult> {
  const target = await findReplayTarget(connection, selection.endpointId);
  const { waitReason } = target;
  const counts = { retried: 0, inFlight: 0, alreadyDue: 0, expired: 0 };
  const firstDue = new Map<EndpointId, DeliveryKey>();
  if (!run.dryRun) await waitForConfigCache(connection, [target], run);
  const startedAt = connection.clock.now();

  const ended = await forEachSelected(
    connection,
    selection,
    ['dead', 'cancelled'],
    run,
    async (delivery, event) => {
      if (isDoneInThisRun(delivery, startedAt, connection.clock.now())) return;
      const result = await retryOne(connection, delivery, event, run);
      counts[result] += 1;
      const isDue = result === 'retried' || result === 'alreadyDue';
      if (isDue && !firstDue.has(delivery.endpointId)) firstDue.set(delivery.endpointId, delivery);
      run.onProgress?.(`${counts.retried} retried`);
    },
  );
  const enqueued = !run.dryRun && (await enqueueEndpoints(connection, firstDue));
  return { ...counts, enqueued, ...(waitReason !== undefined && { waitReason }), interrupted: !ended };
}

/** The list can return a delivery again that this run made due, or that was settled since. */
function isDoneInThisRun(delivery: Delivery, startedAt: Date, now: Date): boolean {
  // A function whose clock was ahead may have settled it.
  const isSince = (at: Date) => at >= startedAt && !isTooFarAhead(at, now, 0);
  return isSettled(delivery)
    ? isSince(delivery.settledAt)
    : delivery.reason === RETRIED && isSince(delivery.dueAt);
}

async function retryOne(
  connection: Connection,
  delivery: Delivery,
  event: EventRecord | undefined,
  { dryRun = false }: BulkRun,
): Promise<'retried' | 'inFlight' | 'alreadyDue' | 'expired'> {
  const now = connection.clock.now();
  if (isLeased(delivery, now)) return 'inFlight';
  if (isSettled(delivery)) {
    if (event === undefined) return 'expired';
    return dryRun || (await replay(connection, event, delivery.endpointId)) === 'owed'
      ? 'retried'
      : 'inFlight';
  }
  const { nextAttemptAt } = delivery;
  if (nextAttemptAt === undefined || nextAttemptAt <= now) return 'alreadyDue';
  if (dryRun) return 'retried';
  return (await applyChange(connection, delivery, retried(delivery, now, RETRIED))) ? 'retried' : 'inFlight';
}

export interface AbandonedSelection {
  readonly eventId?: string | undefined;
  readonly since?: Date | undefined;
}

/**
 * Returns events to fan-out after fan-out gave up on them.
 *
 * @throws NotFoundError
 * @throws NotPossibleError when fan-out has not given up on the named event
 */
export async function retryAbandoned(
  connection: Connection,
  { eventId, since }: AbandonedSelection,
  run: BulkRun = {},
): Promise<RetryResult> {
  const counts = { retried: 0, inFlight: 0, alreadyDue: 0, expired: 0 };
  let unsent = 0;
  const retryEvent = async (event: EventRecord) => {
    const { eventWriter, clock, queues } = connection;
    const isRetried = run.dryRun || (await eventWriter.retryFanOut(event, clock.now()));
    counts[isRetried ? 'retried' : 'inFlight'] += 1;
    if (isRetried && !run.dryRun) unsent += (await (await queues()).eventQueue.enqueueAgain([event])).length;
    run.onProgress?.(`${counts.retried} returned to fan-out`);
  };

  let ended = true;
  if (eventId !== undefined) {
    const event = await connection.eventLog.event(await findEventKey(connection, eventId));
    if (event === undefined) throw new NotFoundError('event', eventId);
    if (event.abandonedAt === undefined || event.fannedOutAt !== undefined)
      throw new NotPossibleError(
        `the event ${eventId} does not need attention`,
        `\`events show ${eventId}\` shows its outcomes.`,
      );
    await retryEvent(event);
  } else {
    for await (const batch of owedWork(connection, { states: ['abandoned'], since })) {
      const events = batch.flatMap((one) => (one.kind === 'event' ? [one.event] : []));
      ended = await forEachInBatches(events, run, retryEvent);
      if (!ended) break;
    }
  }
  const enqueued = !run.dryRun && counts.retried > 0 && unsent === 0;
  return { ...counts, enqueued, interrupted: !ended };
}
