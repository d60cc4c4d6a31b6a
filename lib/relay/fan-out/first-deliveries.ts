/** The first delivery of an event to each endpoint: after its inline attempt, or as deliver will attempt it. */

import type { SendingContext } from '../context.ts';
import { isOnlyForSnapshots } from '../delivery/ordering.ts';
import { settle } from '../delivery/settle.ts';
import {
  attempted,
  behind,
  busy,
  cutShort,
  debounced,
  endedWithoutRow,
  leftToDeliver,
  newDelivery,
  outcomeRecorded,
  parked,
} from '../delivery/state-machine.ts';
import { previousIfUnchanged, receivedSameOrder } from '../delivery/unchanged.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { admissionNow } from '../health/admission.ts';
import { awaitAll } from '../model/await-all.ts';
import { after, sane } from '../model/clock.ts';
import { type Delivery, isLeased, isSettled, isUnfinished, type PendingDelivery } from '../model/delivery.ts';
import type { EventRecord, Payload } from '../model/event.ts';
import type { OutgoingEvent } from '../model/expression-input.ts';
import { isRelayEvent, TESTS } from '../model/ids.ts';
import { StoreError } from '../ports/event-log.ts';
import type { EvaluateOptions } from '../ports/expressions.ts';
import { attempt } from '../sending/attempt.ts';
import { evaluateFilter } from '../sending/filter.ts';
import { TransformPostponedError } from '../sending/transform.ts';
import { unprocessable } from '../sending/unprocessable.ts';
import type { UnfannedEvent } from './unfanned-events.ts';

/**
 * The whole batch waits for an inline attempt, and a quick endpoint may suddenly hang. The attempt is therefore cut short
 * after this time. Deliver then allows the endpoint's full timeout.
 */
const INLINE_LIMIT_SECONDS = 5;
/**
 * An expression that was slow a moment ago waits this long for others. Then deliver evaluates it, so that the batch waits
 * for one slow expression and not for all.
 */
const SLOW_EXPRESSIONS_WAIT_MS = 1_000;

export interface FanOutMode {
  /** An earlier run may have sent the event. Then deliver makes all attempts, because it reads the whole order first. */
  readonly possiblySent: boolean;
  /** Make first attempts inline, and evaluate slow expressions. */
  readonly inline: boolean;
}

export interface EventView extends Omit<UnfannedEvent, 'event'> {
  readonly event: OutgoingEvent;
  /** The order's delivery rows for all endpoints. */
  readonly rows: readonly Delivery[];
  /** Undefined when the payload is gone or unreadable. */
  readonly payloadOf: () => Promise<Payload | undefined>;
}

export async function firstDeliveries(
  context: SendingContext,
  endpoints: readonly Endpoint[],
  view: EventView,
  mode: FanOutMode,
): Promise<Delivery[]> {
  const payload = mode.possiblySent ? undefined : await view.payloadOf();
  // Without a payload, deliver ends the delivery as `dead`, so that it gets attention.
  if (payload === undefined)
    return awaitAll(
      endpoints.map((endpoint) =>
        isolated(context, endpoint, view, async () => leftUndecided(context, endpoint, view, mode)),
      ),
    );
  const { before, event } = view;
  const maySkip =
    before &&
    // Stryker disable next-line OptionalChaining: fan-out computes the changes of every event
    event.changes?.length === 0 &&
    endpoints.some((one) => one.skipUnchanged && one.state !== 'disabled');
  const same = maySkip ? await previousIfUnchanged(context, payload, before) : undefined;
  return awaitAll(
    endpoints.map((endpoint) =>
      isolated(context, endpoint, view, () =>
        firstDelivery(context, endpoint, payload, { ...view, same }, mode),
      ),
    ),
  );
}

/** An error with one endpoint is a failed attempt of its own. Deliver tries again. Only the table fails for everybody. */
async function isolated(
  context: SendingContext,
  endpoint: Endpoint,
  view: EventView,
  deliver: () => Promise<Delivery>,
): Promise<Delivery> {
  try {
    return await deliver();
  } catch (error) {
    if (error instanceof StoreError) throw error;
    const delivery = firstRow(endpoint, view, context.clock.now());
    // Nothing was sent, and the filter may not have been evaluated.
    return failed(
      context,
      endpoint,
      // Stryker disable next-line ObjectLiteral: what is absent counts as false
      filterPending(delivery, view.event, { possiblySent: false }, endpoint),
      error,
    );
  }
}

function failed(
  context: SendingContext,
  endpoint: Endpoint,
  delivery: PendingDelivery,
  error: unknown,
): Delivery {
  const made = unprocessable(context, delivery, error);
  const now = context.clock.now();
  const result = attempted(delivery, endpoint, made, now, context.random);
  return isSettled(result) ? outcomeRecorded(result, now) : result;
}

/** A delivery for which deliver does everything, including the filter. */
function leftUndecided(
  context: SendingContext,
  endpoint: Endpoint,
  view: EventView,
  mode: FanOutMode,
): Delivery {
  const now = context.clock.now();
  const admission = admissionNow(context, endpoint);
  const delivery = firstRow(endpoint, view, now);
  if (admission.kind === 'cancel') return endedWithoutRow(delivery, 'cancelled', admission.reason, now);
  if (isOnlyForSnapshots(endpoint, view.event))
    return endedWithoutRow(delivery, 'skipped', 'no-snapshot', now);
  const undecided = filterPending(delivery, view.event, mode, endpoint);
  return scheduledFirst(endpoint, undecided, view.event, now, admission);
}

export function filterPending(
  delivery: PendingDelivery,
  event: EventRecord,
  { possiblySent }: Pick<FanOutMode, 'possiblySent'>,
  endpoint?: Pick<Endpoint, 'filter'>,
): PendingDelivery {
  const hasFilter =
    endpoint === undefined || (endpoint.filter !== undefined && !isRelayEvent(event.orderKey));
  return {
    ...delivery,
    ...(hasFilter && { filterPending: true }),
    ...(possiblySent && { possiblyDeliveredAt: event.receivedAt }),
  };
}

function firstRow({ id, ordering }: Endpoint, { event, isLate }: EventView, now: Date): PendingDelivery {
  return { ...newDelivery(event, id, now), ...(ordering === 'strict' && isLate && { late: true }) };
}

/** Schedules the first attempt of deliver: now, unless the endpoint is parked or debounces its orders. */
function scheduledFirst(
  endpoint: Endpoint,
  delivery: PendingDelivery,
  event: EventRecord,
  now: Date,
  admission: ReturnType<typeof admissionNow>,
): PendingDelivery {
  if (admission.kind !== 'send' && admission.kind !== 'wait') return parked(delivery, admission.reason);
  if (isDebounced(endpoint, event)) return debounced(delivery, quietAt(endpoint, event, now), now);
  return admission.kind === 'wait'
    ? busy(delivery, after(now, admission.waitMs), now)
    : leftToDeliver(delivery, now);
}

function quietAt(
  { debounceSeconds }: { readonly debounceSeconds: number },
  { receivedAt }: EventRecord,
  now: Date,
): Date {
  return after(sane(receivedAt, now, 0) ?? now, debounceSeconds * 1000);
}

function isDebounced(
  endpoint: Endpoint,
  { orderKey }: EventRecord,
): endpoint is Endpoint & { readonly debounceSeconds: number } {
  return endpoint.debounceSeconds !== undefined && !isRelayEvent(orderKey);
}

/** The delivery after its inline attempt, or as deliver will attempt it. */
async function firstDelivery(
  context: SendingContext,
  endpoint: Endpoint,
  payload: Payload,
  view: EventView & { readonly same: EventRecord | undefined },
  mode: FanOutMode,
): Promise<Delivery> {
  const { event, isLate, same } = view;
  const now = context.clock.now();
  const delivery = firstRow(endpoint, view, now);
  const admission = admissionNow(context, endpoint);
  if (admission.kind === 'cancel') return endedWithoutRow(delivery, 'cancelled', admission.reason, now);
  if (isOnlyForSnapshots(endpoint, event)) return endedWithoutRow(delivery, 'skipped', 'no-snapshot', now);
  // The filter comes before ordering: a skipped event supersedes nothing.
  const outgoing = delivery.late ? { ...event, late: true } : event;
  const evaluateOptions = { slowWaitMs: mode.inline ? SLOW_EXPRESSIONS_WAIT_MS : 0 };
  const filtered = await evaluateFilter(context, endpoint, outgoing, payload, evaluateOptions);
  if (filtered === 'refuse') return endedWithoutRow(delivery, 'skipped', 'filter-refused', now);
  if (filtered === 'postponed') return leftUndecided(context, endpoint, view, mode);
  if (endpoint.skipUnchanged && same !== undefined && receivedSameOrder(same, endpoint.id))
    return endedWithoutRow(delivery, 'skipped', 'unchanged', now);
  const isFree = view.rows.length === 0 || (await isFreeOfOlder(context, endpoint, view));
  const scheduled = () => scheduledFirst(endpoint, delivery, event, context.clock.now(), admission);
  if (admission.kind !== 'send' || isDebounced(endpoint, event)) return scheduled();
  if (!isFree) return behind(delivery, context.clock.now());
  // A test needs a row, because the row keeps the answer.
  if (!mode.inline || isLate || !admission.inline || event.source === TESTS) return scheduled();
  return attemptInline(context, endpoint, delivery, outgoing, payload, evaluateOptions);
}

/** True when no older delivery of the order blocks this one. With `latest` older ones are superseded, unless leased. */
async function isFreeOfOlder(
  context: SendingContext,
  { id, ordering }: Endpoint,
  { rows, event }: EventView,
): Promise<boolean> {
  // Stryker disable EqualityOperator: an endpoint with a row for this event is left to deliver
  const older = rows
    .filter((row) => row.endpointId === id && row.eventId < event.eventId)
    .filter(isUnfinished);
  // Stryker restore EqualityOperator
  if (ordering === 'none') return true;
  if (ordering === 'strict') return older.length === 0;
  for (const row of older) {
    if (isLeased(row, context.clock.now()) || !(await settle(context, row, 'superseded', 'newer-event')))
      return false;
  }
  return true;
}

async function attemptInline(
  context: SendingContext,
  endpoint: Endpoint,
  delivery: PendingDelivery,
  event: OutgoingEvent,
  payload: Payload,
  evaluateOptions: EvaluateOptions,
): Promise<Delivery> {
  try {
    const options = { limitSeconds: INLINE_LIMIT_SECONDS, evaluateOptions };
    const made = await attempt(context, endpoint, event, payload, options);
    const now = context.clock.now();
    if (made.cutShort) return cutShort(delivery, made, now);
    const result = attempted(delivery, endpoint, made, now, context.random);
    return isSettled(result) ? outcomeRecorded(result, now) : result;
  } catch (error) {
    if (error instanceof StoreError) throw error;
    if (error instanceof TransformPostponedError) return leftToDeliver(delivery, context.clock.now());
    // The request may have been sent before the error.
    return failed(context, endpoint, { ...delivery, possiblyDeliveredAt: event.receivedAt }, error);
  }
}
