/** Delivers one order to one endpoint: supersedes, evaluates the filter, and sends one request at a time. */

import type { SendingContext } from '../context.ts';
import { type EventAndPayload, readEventAndPayload } from '../delivery/delivery-content.ts';
import { nextStep, type OrderView } from '../delivery/ordering.ts';
import { settle, writeOutcome } from '../delivery/settle.ts';
import { applyChange, filterPassed, isDue } from '../delivery/state-machine.ts';
import { type Endpoint, isSubscribedTo } from '../endpoint/endpoint.ts';
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
import { StoreError } from '../ports/event-log.ts';
import { wants } from '../sending/filter.ts';
import { attemptUnderLease, type Circumstances, unprocessable, writeResult } from './attempt-under-lease.ts';

/** Other functions change the rows at the same time: how many changes are made before sweep has to come back. */
const STEPS = 50;

export interface OrderWork extends Circumstances {
  readonly context: SendingContext;
  readonly endpoint: Endpoint;
  /** When the endpoint recovered: deliveries last attempted before are due. */
  readonly recoveredAt: Date | undefined;
  /** Asked right before an attempt. */
  readonly mayAttempt: () => Promise<boolean>;
  /** Called after an attempt whose result is written. */
  readonly onAttempt: (made: Attempt) => Promise<void>;
}

/** Goes on until nothing can be done for the order now. It makes more than one attempt for `strict` alone. */
export async function deliverOrder(work: OrderWork, key: DeliveryKey): Promise<void> {
  const { context, endpoint } = work;
  for (let step = 0; step < STEPS; step++) {
    const rows = await readRows(context, key.endpointId, key.orderKey);
    const pending = rows.filter(isUnfinished);
    if (pending.length === 0) return;
    if (!isSubscribedTo(endpoint, sourceOf(key.orderKey))) {
      for (const row of pending) await settle(context, row, 'cancelled', 'source-not-subscribed');
      return;
    }
    const view = { rows, events: await readEvents(context, endpoint, pending) };
    const result = await takeStep(work, key, view);
    if (result === 'again') continue;
    if (result === undefined) return;
    await work.onAttempt(result);
    // With `latest` nothing older is left; with `strict` the next one may go once this one has ended.
    if (work.isProbe || endpoint.ordering !== 'strict' || pending.length === 1) return;
  }
}

/** The order's rows to the endpoint. Those that an earlier run left between row and outcome are finished on the way. */
export async function readRows(
  context: SendingContext,
  endpointId: EndpointId,
  orderKey: OrderKey,
): Promise<Delivery[]> {
  const rows = (await context.eventLog.deliveries(orderKey)).filter((row) => row.endpointId === endpointId);
  for (const row of rows) if (isSettled(row)) await writeOutcome(context, row);
  return rows;
}

/** The newer events decide with `latest` alone. */
async function readEvents(
  { eventLog }: SendingContext,
  { ordering }: Endpoint,
  [oldest]: readonly UnfinishedDelivery[],
): Promise<EventRecord[]> {
  const events: EventRecord[] = [];
  if (ordering !== 'latest' || oldest === undefined) return events;
  for await (const event of eventLog.eventsNewestFirst(oldest.orderKey)) {
    events.push(event);
    if (event.eventId <= oldest.eventId) break;
  }
  return events;
}

/** @returns the attempt; `again` when the rows have changed; undefined when nothing can go on now */
async function takeStep(
  work: OrderWork,
  key: DeliveryKey,
  view: OrderView,
): Promise<Attempt | 'again' | undefined> {
  const { context, endpoint } = work;
  const step = nextStep(endpoint, key, view, context.clock.now());
  switch (step.kind) {
    case 'wait':
      return undefined;
    case 'supersede':
      return (await supersede(context, step.rows)) ? 'again' : undefined;
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
  // A delivery that cannot be sent must not supersede one that can: so its content is read first.
  const content = await processable(work, delivery, () => prepare(work, delivery, view));
  if (content === 'again' || content === undefined) return content;
  if (!(await supersede(context, older))) return 'again';
  if (!mayGo || !(await work.mayAttempt())) return undefined;
  return attemptUnderLease(context, endpoint, delivery, content, work);
}

/** @returns `again` when the delivery has ended, or its filter has let it pass */
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
    // Nobody needs to look at what was erased on purpose.
    const isForgotten = event?.forgottenAt !== undefined;
    const end = isForgotten
      ? settle(context, delivery, 'skipped', 'payload-erased')
      : settle(context, delivery, 'dead', content.missing);
    return (await end) ? 'again' : undefined;
  }
  if (!delivery.filterPending) return content;
  const done = (await wants(context, endpoint, content.event, content.payload))
    ? await applyChange(context, delivery, filterPassed(delivery))
    : await settle(context, delivery, 'skipped', 'filter-refused');
  return done ? 'again' : undefined;
}

/** A failure that is not the store's repeats every time. It counts as an attempt, so that the delivery ends. */
async function processable<Result>(
  { context, endpoint }: OrderWork,
  delivery: UnfinishedDelivery,
  prepared: () => Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await prepared();
  } catch (error) {
    if (error instanceof StoreError) throw error;
    await writeResult(context, endpoint, delivery, unprocessable(context, delivery, error), false);
    return undefined;
  }
}

/** False when one of them may be on its way at this moment. */
async function supersede(context: SendingContext, rows: readonly UnfinishedDelivery[]): Promise<boolean> {
  for (const row of rows) if (!(await settle(context, row, 'superseded', 'newer-event'))) return false;
  return true;
}

/** A delivery that was last attempted before the endpoint recovered. */
function isBefore({ attempts }: Delivery, recoveredAt: Date | undefined): boolean {
  const last = attempts.at(-1);
  return recoveredAt !== undefined && last !== undefined && last.at < recoveredAt;
}
