/** Delivers one order to one endpoint: supersedes, evaluates the filter, and sends one request at a time. */

import type { SendingContext } from '../context.ts';
import { applyChange } from '../delivery/apply-change.ts';
import { type EventAndPayload, readEventAndPayload } from '../delivery/delivery-content.ts';
import { nextStep, type OrderView } from '../delivery/ordering.ts';
import { settle, writeOutcome } from '../delivery/settle.ts';
import { filterPassed, isDue } from '../delivery/state-machine.ts';
import { type Endpoint, isSubscribedTo } from '../endpoint/endpoint.ts';
import { ANY_TIME } from '../model/clock.ts';
import {
  type Attempt,
  type Delivery,
  type DeliveryKey,
  isSettled,
  isUnfinished,
  type UnfinishedDelivery,
} from '../model/delivery.ts';
import type { EventRecord } from '../model/event.ts';
import { type EndpointId, type OrderKey, sourceOf } from '../model/ids.ts';
import type { Reason } from '../model/reason.ts';
import { StoreError } from '../ports/event-log.ts';
import { traced } from '../ports/traces.ts';
import { evaluateFilter } from '../sending/filter.ts';
import { unprocessable } from '../sending/unprocessable.ts';
import { attemptUnderLease, type LeasedAttemptOptions, writeResult } from './attempt-under-lease.ts';
import { postpone } from './postpone.ts';

/** The limit of steps in one run. Other functions change the rows at the same time; sweep continues later. */
const STEPS = 50;

export interface OrderWork extends LeasedAttemptOptions {
  readonly context: SendingContext;
  readonly endpoint: Endpoint;
  /** When the endpoint recovered. Deliveries last attempted before this time are due. */
  readonly recoveredAt: Date | undefined;
  /** Called right before an attempt. */
  readonly mayAttempt: () => Promise<boolean>;
  /** Called when an attempt's result is written. */
  readonly onAttempt: (made: Attempt) => Promise<void>;
}

/** Works on the order until nothing can be done now. Makes more than one attempt only with `strict`. */
export async function deliverOrder(work: OrderWork, key: DeliveryKey): Promise<void> {
  const { context, endpoint } = work;
  for (let step = 0; step < STEPS; step++) {
    const rows = await readRows(context, key.endpointId, key.orderKey);
    const pending = rows.filter(isUnfinished);
    const [oldest] = pending;
    if (oldest === undefined) return;
    if (!isSubscribedTo(endpoint, sourceOf(key.orderKey))) {
      for (const row of pending) await settle(context, row, 'cancelled', 'source-not-subscribed');
      return;
    }
    const view = { rows, events: await readEvents(context, endpoint, oldest) };
    const result = await takeStep(work, key, view);
    if (result === 'again') continue;
    if (result === undefined) return;
    await work.onAttempt(result);
    // With `latest` no older delivery is left. With `strict` the next one may go when this one has ended.
    if (work.isProbe || endpoint.ordering !== 'strict' || pending.length === 1) return;
  }
}

/** Reads the order's rows for the endpoint. Writes outcomes that an earlier run did not write before it died. */
export async function readRows(
  context: SendingContext,
  endpointId: EndpointId,
  orderKey: OrderKey,
): Promise<Delivery[]> {
  const rows = await context.eventLog.deliveries(orderKey, endpointId);
  for (const row of rows) if (isSettled(row)) await writeOutcome(context, row);
  return rows;
}

/** The order's events from the oldest pending delivery on. Only `latest` depends on newer events. */
async function readEvents(
  { eventLog }: SendingContext,
  { ordering }: Endpoint,
  { orderKey, eventId }: UnfinishedDelivery,
): Promise<EventRecord[]> {
  // Stryker disable next-line ArrayDeclaration: a text is no event of the order
  if (ordering !== 'latest') return [];
  return Array.fromAsync(eventLog.eventsNewestFirst(orderKey, { oldest: eventId }));
}

/** @returns the attempt; `again` when rows have changed; undefined when nothing can be done now */
async function takeStep(
  work: OrderWork,
  key: DeliveryKey,
  view: OrderView,
): Promise<Attempt | 'again' | undefined> {
  const { context, endpoint } = work;
  const step = nextStep(endpoint, key, view, context.clock.now());
  switch (step.kind) {
    // Stryker disable next-line StringLiteral: a step of no known kind does nothing, too
    case 'wait':
      return undefined;
    case 'skip':
      return (await settleAll(context, step.rows, view, 'skipped', 'no-snapshot')) ? 'again' : undefined;
    case 'supersede':
      return (await supersede(context, step.rows, view)) ? 'again' : undefined;
    case 'next':
      return deliverNext(work, step.delivery, step.older, view);
  }
}

async function deliverNext(
  work: OrderWork,
  delivery: UnfinishedDelivery,
  older: readonly UnfinishedDelivery[],
  view: OrderView,
): Promise<Attempt | 'again' | undefined> {
  const { context, endpoint } = work;
  const mayGo = work.isProbe || isDue(delivery, context.clock.now()) || isBefore(delivery, work.recoveredAt);
  if (!mayGo && (older.length === 0 || delivery.filterPending)) return undefined;
  // A delivery that cannot be sent must not supersede one that can. So its event and payload are read first.
  const content = await processable(work, delivery, () => prepare(work, delivery, view));
  if (content === 'again' || content === undefined) return content;
  if (!(await supersede(context, older, view))) return 'again';
  if (!mayGo || !(await work.mayAttempt())) return undefined;
  return traced(context, delivery.eventId, () =>
    attemptUnderLease(context, endpoint, delivery, content, work),
  );
}

/** @returns `again` when the delivery has ended or passed its filter */
async function prepare(
  { context, endpoint }: OrderWork,
  delivery: UnfinishedDelivery,
  view: OrderView,
): Promise<EventAndPayload | 'again' | undefined> {
  const event =
    view.events.find(({ eventId }) => eventId === delivery.eventId) ??
    (await context.eventLog.event(delivery));
  const content = await readEventAndPayload(context, endpoint, delivery, event);
  if ('missing' in content) {
    // An operator erased it, so it needs no attention.
    const isForgotten = event?.forgottenAt !== undefined;
    const end = isForgotten
      ? settle(context, delivery, 'skipped', 'payload-erased')
      : settle(context, delivery, 'dead', content.missing);
    return (await end) ? 'again' : undefined;
  }
  if (!delivery.filterPending) return content;
  const done = await applyFilter(context, endpoint, delivery, content);
  return done ? 'again' : undefined;
}

/** False when the row has changed since it was read, or other expressions took the time. */
async function applyFilter(
  context: SendingContext,
  endpoint: Endpoint,
  delivery: UnfinishedDelivery,
  { event, payload }: EventAndPayload,
): Promise<boolean> {
  const filtered = await evaluateFilter(context, endpoint, event, payload);
  switch (filtered) {
    case 'pass':
      return (await applyChange(context, delivery, filterPassed(delivery))) !== undefined;
    case 'refuse':
      return settle(context, delivery, 'skipped', 'filter-refused');
    case 'postponed':
      await postpone(context, delivery);
      return false;
  }
}

/** An error that is not a StoreError repeats every time. It counts as an attempt, so that the delivery ends. */
async function processable<Result>(
  { context, endpoint }: OrderWork,
  delivery: UnfinishedDelivery,
  prepared: () => Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await prepared();
  } catch (error) {
    if (error instanceof StoreError) throw error;
    await writeResult(context, endpoint, delivery, unprocessable(context, delivery, error));
    return undefined;
  }
}

/** False when one of them may be in flight. */
function supersede(
  context: SendingContext,
  rows: readonly UnfinishedDelivery[],
  view: OrderView,
): Promise<boolean> {
  return settleAll(context, rows, view, 'superseded', 'newer-event');
}

/** False when one of them may be in flight. */
async function settleAll(
  context: SendingContext,
  rows: readonly UnfinishedDelivery[],
  { events }: OrderView,
  state: 'superseded' | 'skipped',
  reason: Reason,
): Promise<boolean> {
  for (const row of rows) {
    const event = events.find(({ eventId }) => eventId === row.eventId);
    if (!(await settle(context, row, state, reason, event))) return false;
  }
  return true;
}

/** True when the last attempt was before the endpoint recovered. False without an attempt or a recovery. */
function isBefore({ attempts }: Delivery, recoveredAt = new Date(0)): boolean {
  return (attempts.at(-1)?.at ?? ANY_TIME) < recoveredAt;
}
