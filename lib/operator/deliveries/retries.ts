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
import { countDeliveries, type DeliveryCounts } from './delivery-counts.ts';
import { type DeliverySelection, forEachSelected } from './delivery-selection.ts';
import { enqueueEndpoints } from './enqueue-endpoints.ts';
import { owedWork } from './owed-work.ts';

const RETRIED = 'retry';
const MOST_ORDERS_NAMED = 100;

export interface RetryResult {
  /** Made due; in a dry run, would be made due. */
  readonly retried: number;
  /** A function holds their lease, so they were not changed. */
  readonly inFlight: number;
  /** Pending and due: they wait for their endpoint, or for an earlier delivery. */
  readonly alreadyDue: number;
  /** Their payloads have expired, or their events. */
  readonly expired: number;
  /** Their payloads were erased. */
  readonly erased: number;
  /** The orders of both, at most a hundred. */
  readonly withoutPayload: readonly string[];
  /** All deliveries of the endpoint, whatever their state and time. Only when the selection matched none. */
  readonly besides?: DeliveryCounts;
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
  const counts = { retried: 0, inFlight: 0, alreadyDue: 0, expired: 0, erased: 0 };
  const withoutPayload = new Set<string>();
  let isAnyFound = false;
  const firstDue = new Map<EndpointId, DeliveryKey>();
  if (!run.dryRun) await waitForConfigCache(connection, [target], run);
  const startedAt = connection.clock.now();

  const ended = await forEachSelected(
    connection,
    selection,
    ['dead', 'cancelled'],
    run,
    async (delivery, event) => {
      isAnyFound = true;
      if (isDoneInThisRun(delivery, startedAt, connection.clock.now())) return;
      const result = await retryOne(connection, delivery, event, run);
      counts[result] += 1;
      if (result === 'expired' || result === 'erased') noteOrder(withoutPayload, delivery, event);
      const isDue = result === 'retried' || result === 'alreadyDue';
      if (isDue && !firstDue.has(delivery.endpointId)) firstDue.set(delivery.endpointId, delivery);
      run.onProgress?.(`${counts.retried} retried`);
    },
  );
  const enqueued = !run.dryRun && (await enqueueEndpoints(connection, firstDue));
  const besides = isAnyFound || !ended ? undefined : await countBesides(connection, target.endpoint.id);
  return {
    ...counts,
    withoutPayload: [...withoutPayload],
    enqueued,
    ...(waitReason !== undefined && { waitReason }),
    ...(besides !== undefined && { besides }),
    interrupted: !ended,
  };
}

async function countBesides(connection: Connection, id: EndpointId): Promise<DeliveryCounts | undefined> {
  return (await countDeliveries(connection, [id])).get(id);
}

function noteOrder(orders: Set<string>, { eventId }: Delivery, event: EventRecord | undefined): void {
  if (orders.size < MOST_ORDERS_NAMED) orders.add(event?.niceId ?? event?.orderId ?? eventId);
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
): Promise<'retried' | 'inFlight' | 'alreadyDue' | 'expired' | 'erased'> {
  const now = connection.clock.now();
  if (isLeased(delivery, now)) return 'inFlight';
  if (isSettled(delivery)) {
    if (event?.forgottenAt !== undefined) return 'erased';
    if (event === undefined || (await connection.eventLog.payload(event)) === undefined) return 'expired';
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
  const counts = { retried: 0, inFlight: 0, alreadyDue: 0, expired: 0, erased: 0 };
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
  return { ...counts, withoutPayload: [], enqueued, interrupted: !ended };
}
