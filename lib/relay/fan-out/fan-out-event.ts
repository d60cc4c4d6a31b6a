/** Fans out one event: makes first attempts in parallel, and writes a row for each delivery that deliver must continue. */

import type { SendingContext } from '../context.ts';
import { enqueue } from '../delivery/enqueue.ts';
import { settle } from '../delivery/settle.ts';
import {
  attempted,
  behind,
  cutShort,
  debounced,
  endedWithoutRow,
  leftToDeliver,
  messageFor,
  newDelivery,
  outcomeRecorded,
  parked,
} from '../delivery/state-machine.ts';
import { previousIfUnchanged, receivedSameOrder } from '../delivery/unchanged.ts';
import { type Endpoint, isAddressedTo } from '../endpoint/endpoint.ts';
import { admissionOf } from '../health/admission.ts';
import { awaitAll } from '../model/await-all.ts';
import { after } from '../model/clock.ts';
import {
  type Delivery,
  isLeased,
  isSettled,
  isTest,
  isUnfinished,
  outcomeOf,
  type PendingDelivery,
} from '../model/delivery.ts';
import type { EventRecord, Outcomes, Payload } from '../model/event.ts';
import type { OutgoingEvent } from '../model/expression-input.ts';
import { aliasKeyOf, isRelayEvent, TESTS } from '../model/ids.ts';
import { changesBetween } from '../model/item-changes.ts';
import { UnreadableRowError } from '../ports/event-log.ts';
import { attempt } from '../sending/attempt.ts';
import { matchesFilter } from '../sending/filter.ts';
import type { UnfannedEvent } from './unfanned-events.ts';

/**
 * The whole batch waits for an inline attempt, and a quick endpoint may suddenly hang. The attempt is therefore cut short
 * after this time. Deliver then allows the endpoint's full timeout.
 */
const INLINE_LIMIT_SECONDS = 5;

export interface FanOutMode {
  /** An earlier run may have sent the event. Then deliver makes all attempts, because it reads the whole order first. */
  readonly possiblySent: boolean;
  /** Make first attempts inline. */
  readonly inline: boolean;
}

/** Rejects when the table fails. Requests that were sent by then may be repeated. */
export async function fanOutEvent(
  context: SendingContext,
  unfannedEvent: UnfannedEvent,
  mode: FanOutMode,
): Promise<void> {
  const { event, isFirst, itemsBefore } = unfannedEvent;
  const [rows, endpoints] = await awaitAll([
    context.eventLog.deliveries(event.orderKey),
    // An endpoint is often tested right after it was added, so the config is read again.
    context.config.endpoints(event.source === TESTS),
    isFirst && writeAlias(context, event),
  ]);
  // An earlier run may have written rows. Their endpoints are left to deliver.
  const existing = ofEvent(rows, event);
  const isNew = ({ id }: Pick<Endpoint, 'id'>) => !existing.has(id);
  const subscribers = endpoints.valid
    .filter(isNew)
    .filter((endpoint) => endpoint.state !== 'disabled' && isAddressedTo(endpoint, event));
  const changes = event.items === undefined ? [] : changesBetween(itemsBefore, event.items);
  const now = context.clock.now();
  const view = { ...unfannedEvent, event: { ...event, changes }, rows };
  const fresh =
    event.forgottenAt === undefined
      ? await firstDeliveries(context, subscribers, view, mode)
      : subscribers.map(({ id }) =>
          endedWithoutRow(newDelivery(event, id, now), 'cancelled', 'payload-erased', now),
        );
  const isForOrders = !isRelayEvent(event.orderKey) && event.forgottenAt === undefined;
  const unknown = isForOrders ? endpoints.invalid.filter(isNew) : [];
  const waiting = unknown.map(({ id }) =>
    filterPending(parked(newDelivery(event, id, now), 'invalid-config'), event, mode),
  );
  const deliveries = [...existing.values(), ...(await writeRows(context, event, [...fresh, ...waiting]))];
  await context.eventLog.finishFanOut(event, {
    changes,
    outcomes: Object.fromEntries(
      deliveries.map((delivery) => [delivery.endpointId, outcomeOf(delivery)]),
    ) as Outcomes,
    fannedOutAt: context.clock.now(),
  });
  context.telemetry.count('EventsFannedOut');
}

function ofEvent(rows: readonly Delivery[], { eventId }: EventRecord): Map<string, Delivery> {
  return new Map(rows.filter((row) => row.eventId === eventId).map((row) => [row.endpointId, row]));
}

/** An alias lets operators find the order by its nice id. */
async function writeAlias(context: SendingContext, event: EventRecord): Promise<void> {
  if (event.niceId === undefined) return;
  await context.eventLog.putAlias(aliasKeyOf(event.source, event.niceId), event.orderKey);
}

interface EventView extends Omit<UnfannedEvent, 'event'> {
  readonly event: OutgoingEvent;
  /** The order's delivery rows for all endpoints. */
  readonly rows: readonly Delivery[];
}

async function firstDeliveries(
  context: SendingContext,
  endpoints: readonly Endpoint[],
  view: EventView,
  mode: FanOutMode,
): Promise<Delivery[]> {
  const payload = mode.possiblySent ? undefined : await readPayload(context, view.event);
  // Without a payload, deliver ends the delivery as `dead`, so that it gets attention.
  if (payload === undefined) return endpoints.map((endpoint) => leftUndecided(context, endpoint, view, mode));
  const { before, event } = view;
  const maySkip = before && event.changes?.length === 0 && endpoints.some((one) => one.skipUnchanged);
  const same = maySkip ? await previousIfUnchanged(context, payload, before) : undefined;
  return awaitAll(
    endpoints.map((endpoint) => firstDelivery(context, endpoint, payload, { ...view, same }, mode)),
  );
}

async function readPayload(context: SendingContext, event: EventRecord): Promise<Payload | undefined> {
  try {
    return await context.eventLog.payload(event);
  } catch (error) {
    if (error instanceof UnreadableRowError) return undefined;
    throw error;
  }
}

/** A delivery for which deliver does everything, including the filter. */
function leftUndecided(
  context: SendingContext,
  endpoint: Endpoint,
  view: EventView,
  mode: FanOutMode,
): Delivery {
  const now = context.clock.now();
  const admission = admissionOf(endpoint, context.config.healthRecorder.current(endpoint.id), now);
  const delivery = firstRow(endpoint, view, now);
  if (admission.kind === 'cancel') return endedWithoutRow(delivery, 'cancelled', admission.reason, now);
  const undecided = filterPending(delivery, view.event, mode, endpoint);
  return scheduledFirst(endpoint, undecided, view.event, now, admission);
}

function filterPending(
  delivery: PendingDelivery,
  event: EventRecord,
  { possiblySent }: FanOutMode,
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
  admission: ReturnType<typeof admissionOf>,
): PendingDelivery {
  if (admission.kind !== 'send') return parked(delivery, admission.reason);
  return isDebounced(endpoint, event)
    ? debounced(delivery, after(event.receivedAt, endpoint.debounceSeconds * 1000), now)
    : leftToDeliver(delivery, now);
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
  { inline }: FanOutMode,
): Promise<Delivery> {
  const { event, isLate, same } = view;
  const now = context.clock.now();
  const delivery = firstRow(endpoint, view, now);
  const admission = admissionOf(endpoint, context.config.healthRecorder.current(endpoint.id), now);
  if (admission.kind === 'cancel') return endedWithoutRow(delivery, 'cancelled', admission.reason, now);
  // The filter comes before ordering: a skipped event supersedes nothing.
  const outgoing = { ...event, late: delivery.late === true };
  if (!(await matchesFilter(context, endpoint, outgoing, payload)))
    return endedWithoutRow(delivery, 'skipped', 'filter-refused', now);
  if (endpoint.skipUnchanged && same !== undefined && receivedSameOrder(same, endpoint.id))
    return endedWithoutRow(delivery, 'skipped', 'unchanged', now);
  const isFree = await isFreeOfOlder(context, endpoint, view);
  const scheduled = scheduledFirst(endpoint, delivery, event, context.clock.now(), admission);
  if (admission.kind !== 'send' || isDebounced(endpoint, event)) return scheduled;
  if (!isFree) return behind(delivery, context.clock.now());
  // A test needs a row, because the row keeps the answer.
  if (!inline || isLate || !admission.inline || event.source === TESTS) return scheduled;
  return attemptInline(context, endpoint, delivery, outgoing, payload);
}

/** True when no older delivery of the order blocks this one. With `latest` older ones are superseded, unless leased. */
async function isFreeOfOlder(
  context: SendingContext,
  { id, ordering }: Endpoint,
  { rows, event }: EventView,
): Promise<boolean> {
  const older = rows
    .filter((row) => row.endpointId === id && row.eventId < event.eventId)
    .filter(isUnfinished);
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
): Promise<Delivery> {
  const made = await attempt(context, endpoint, event, payload, { limitSeconds: INLINE_LIMIT_SECONDS });
  const now = context.clock.now();
  if (made.cutShort) return cutShort(delivery, made, now);
  const result = attempted(delivery, endpoint, made, now, context.random);
  return isSettled(result) ? outcomeRecorded(result, now) : result;
}

/** Writes a row for each unfinished delivery, and enqueues those that are due soon. */
async function writeRows(
  context: SendingContext,
  event: EventRecord,
  deliveries: readonly Delivery[],
): Promise<Delivery[]> {
  const written = await awaitAll(
    deliveries.map(async (delivery) => {
      // The event's outcome records a finished delivery. It needs no row.
      if (delivery.owedTo === undefined) return delivery;
      // The health row is written first: sweep finds deliveries through it, also after the endpoint was removed.
      await context.config.health.ensure(delivery.endpointId);
      if (await context.eventLog.putDeliveryIfAbsent(delivery)) {
        if (delivery.state === 'dead' && !isTest(delivery)) context.telemetry.count('DeliveriesDead');
        return delivery;
      }
      // Another run wrote the row first. Its row is used.
      return (
        ofEvent(await context.eventLog.deliveries(event.orderKey), event).get(delivery.endpointId) ?? delivery
      );
    }),
  );
  const now = context.clock.now();
  await enqueue(
    context,
    written.flatMap((delivery) => messageFor(delivery, now)),
  );
  return written;
}
