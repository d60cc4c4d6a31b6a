/**
 * Every change of a delivery's row, as one pure function each: the row and what happened give the attributes to write.
 * {@link applyChange} writes them, on the condition that the row is still as it was read.
 */

import type { Endpoint } from '../endpoint/endpoint.ts';
import { after, type Random } from '../model/clock.ts';
import { type Attempt, attentionOf, type Delivery, isSettled, isTest } from '../model/delivery.ts';
import type { SettledState } from '../model/delivery-state.ts';
import type { EventKey } from '../model/event.ts';
import type { EndpointId } from '../model/ids.ts';
import type { Reason } from '../model/reason.ts';
import type { DeliveryChange, EventLog } from '../ports/event-log.ts';
import type { DeliveryMessage } from '../ports/queues.ts';
import { succeeded } from '../sending/attempt.ts';
import { nextAttemptAt } from './retry-schedule.ts';

/** How many attempts a row keeps. */
const ATTEMPTS_KEPT = 10;
/** SQS delays a message by at most 15 minutes; a longer wait is left to sweep. */
const LONGEST_DELAY_MS = 15 * 60_000;
/** A row that one function makes due is due by the clock of every other one. */
const CLOCKS_DIFFER_MS = 2_000;
/** How often the relay tries a delivery that it fails on itself: for about three days. */
const INTERNAL_ERRORS = 10;
/** How often a `strict` endpoint may refuse an event before its order goes on. */
const STRICT_REFUSALS = 3;
/** Client errors that may pass with time: request timeout, too early, too many requests. */
const MAY_PASS_LATER = [408, 425, 429];
/** Sweep takes a message for lost when it is this late. */
const MESSAGE_LOST_AFTER_MS = 60_000;
/** The endpoint may still be at work on the attempt that was cut short. */
const AFTER_CUT_SHORT_MS = 10_000;
/** A delivery behind another one looks again after this time; the end of the other one enqueues it earlier. */
const BEHIND_MS = 2_000;
/** Fan-out alone writes an event's first outcomes: a delivery that is settled before looks again after this time. */
const FAN_OUT_UNFINISHED_MS = 60_000;

/**
 * Work that is due so soon is done now, for the clock by which its message was delayed may be two seconds ahead. It is
 * less than the shortest retry, or a second message would cause that one at once.
 */
const DUE_WITHIN_MS = 2_500;

/** A delivery that is due now. */
export function newDelivery({ orderKey, eventId }: EventKey, endpointId: EndpointId, now: Date): Delivery {
  const due = { owedSince: now, owedTo: endpointId, nextAttemptAt: now, dueAt: now };
  return { orderKey, eventId, endpointId, state: 'pending', attempts: [], attemptCount: 0, ...due };
}

/** A delivery that ended before it needed a row: the event's outcome says all there is to say. */
export function withoutRow(delivery: Delivery, state: SettledState, reason: Reason): Delivery {
  return changed(delivery, { state, reason, owedTo: null, dueAt: null });
}

/** The endpoint cannot be sent to: sweep finds the delivery again once it can. */
export function parked(delivery: Delivery, reason: Reason): Delivery {
  return changed(delivery, { nextAttemptAt: null, reason });
}

/** A message tells deliver to attempt it now. */
export function leftToDeliver(delivery: Delivery, now: Date): Delivery {
  return changed(delivery, { dueAt: after(now, MESSAGE_LOST_AFTER_MS) });
}

/** It waits for an earlier delivery of its order. */
export function behind(delivery: Delivery, now: Date): Delivery {
  return changed(delivery, {
    ...scheduled(after(now, BEHIND_MS), now),
    reason: 'behind-earlier',
  });
}

/** It is first attempted when its order has been quiet for a while: a newer event supersedes it until then. */
export function debounced(delivery: Delivery, quietAt: Date, now: Date): Delivery {
  return changed(delivery, { ...scheduled(quietAt, now), reason: 'debounce' });
}

/** One function may attempt it now, and nobody else until `leaseUntil`. */
export function leased(delivery: Delivery, leaseId: string, leaseUntil: Date): DeliveryChange {
  return { leaseId, leaseUntil, dueAt: leaseUntil, ...leaseExpired(delivery) };
}

/** The function that holds the lease gives it back without having sent. */
export function leaseReturned(now: Date): DeliveryChange {
  return { leaseId: null, leaseUntil: null, dueAt: now };
}

/** Due work that could not be done now: whoever looks through the endpoint's list next finds it. */
export function madeDue(now: Date): DeliveryChange {
  return { dueAt: after(now, -CLOCKS_DIFFER_MS) };
}

/** An operator wants it attempted now, whatever its schedule says. */
export function retried(now: Date, reason: Reason): DeliveryChange {
  return { dueAt: now, nextAttemptAt: null, reason };
}

/** An operator wants it sent again: it starts anew. */
export function replayed(delivery: Delivery, now: Date, filterPending: boolean): DeliveryChange {
  const anew = { ...retried(now, 'replay'), attemptCount: 0 };
  // Its filter was never evaluated, so it was never sent before.
  if (delivery.filterPending && delivery.replayedAt === undefined && !isSettled(delivery)) return anew;
  const dueNow = { ...anew, replayedAt: now };
  if (!isSettled(delivery)) return dueNow;
  const possiblyDeliveredAt =
    delivery.state === 'delivered' ? (delivery.settledAt ?? now) : delivery.possiblyDeliveredAt;
  return {
    ...dueNow,
    state: 'pending',
    settledAt: null,
    owedSince: now,
    owedTo: delivery.endpointId,
    ...(filterPending && { filterPending }),
    ...(possiblyDeliveredAt !== undefined && { possiblyDeliveredAt }),
  };
}

/** The endpoint's filter wants the event. */
export function filterPassed(): DeliveryChange {
  return { filterPending: null };
}

/** An attempt was made. */
export function attempted(
  delivery: Delivery,
  endpoint: Pick<Endpoint, 'maxAttempts' | 'ordering'>,
  made: Attempt,
  now: Date,
  random: Random,
): DeliveryChange {
  const attemptCount = delivery.attemptCount + 1;
  const counted = { ...recorded(delivery, made), attemptCount };
  if (succeeded(made)) return { ...counted, ...settled('delivered', now) };
  // A person who sends a test wants to see the first answer, not the one in three days.
  const maxAttempts = isTest(delivery) ? 1 : Math.min(endpoint.maxAttempts, mostAttemptsAfter(made));
  const isUsedUp = attemptCount >= maxAttempts || blocksItsOrder(endpoint, made, attemptCount);
  if (isUsedUp) return { ...counted, ...settled('dead', now) };
  const retryAt = nextAttemptAt(now, attemptCount, random);
  const askedFor = after(now, (made.retryAfterSeconds ?? 0) * 1000);
  const latest = new Date(Math.max(askedFor.getTime(), retryAt.getTime()));
  return { ...counted, ...scheduled(latest, now) };
}

/** Fan-out stopped waiting for the answer: the attempt does not count. */
export function cutShort(delivery: Delivery, made: Attempt, now: Date): DeliveryChange {
  return {
    ...recorded(delivery, made),
    ...scheduled(after(now, AFTER_CUT_SHORT_MS), now),
    reason: 'slow-answer',
    possiblyDeliveredAt: made.at,
  };
}

/** A probe failed: the attempt is shown, but does not count. */
export function probeFailed(delivery: Delivery, made: Attempt, now: Date): DeliveryChange {
  return {
    ...recorded(delivery, made),
    ...leaseReturned(now),
    nextAttemptAt: null,
    reason: 'endpoint-failing',
  };
}

/** An attempt before its time, after the endpoint recovered, has failed: it does not count, and the schedule stays. */
export function earlyAttemptFailed(delivery: Delivery, made: Attempt, now: Date): DeliveryChange {
  return { ...recorded(delivery, made), ...scheduled(delivery.nextAttemptAt ?? now, now) };
}

/** It ends without an attempt. */
export function ended(
  delivery: Delivery,
  state: Exclude<SettledState, 'delivered'>,
  reason: Reason,
  now: Date,
): DeliveryChange {
  // An event that the filter refuses was not sent by an earlier run either, unless it was replayed.
  const wasNeverSent = state === 'skipped' && delivery.replayedAt === undefined;
  const received = wasNeverSent ? { possiblyDeliveredAt: null } : leaseExpired(delivery);
  return { ...settled(state, now), reason, ...received };
}

/** The event's outcome is written: the row leaves the endpoint's list, and moves to `attention` if a person is needed. */
export function outcomeRecorded(delivery: Delivery, now: Date): DeliveryChange {
  const needsAttention = (delivery.state === 'dead' || delivery.state === 'cancelled') && !isTest(delivery);
  return needsAttention
    ? { owedTo: attentionOf(delivery.endpointId), dueAt: now }
    : { owedTo: null, dueAt: null };
}

/** The event's outcome cannot be written before fan-out has written all others. */
export function outcomePostponed(now: Date): DeliveryChange {
  return { dueAt: after(now, FAN_OUT_UNFINISHED_MS) };
}

export function isDue({ nextAttemptAt: at }: Delivery, now: Date): boolean {
  return at === undefined || at <= after(now, DUE_WITHIN_MS);
}

/** The delivery as it is after a change. */
export function changed(delivery: Delivery, change: DeliveryChange): Delivery {
  const entries = Object.entries({ ...delivery, ...change }).filter(([, value]) => value !== null);
  return Object.fromEntries(entries) as unknown as Delivery;
}

/**
 * Writes a change.
 * @returns the row as it is now; undefined, and nothing is written, when it has changed since it was read
 */
export async function applyChange(
  { eventLog }: { readonly eventLog: Pick<EventLog, 'updateDelivery'> },
  delivery: Delivery,
  change: DeliveryChange,
): Promise<Delivery | undefined> {
  const { state, leaseId } = delivery;
  return (await eventLog.updateDelivery(delivery, { state, leaseId }, change))
    ? changed(delivery, change)
    : undefined;
}

/** The message for a pending delivery's next attempt, if that is soon enough for one. */
export function messageFor(delivery: Delivery, now: Date): DeliveryMessage[] {
  const { orderKey, eventId, endpointId } = delivery;
  if (isSettled(delivery) || delivery.nextAttemptAt === undefined) return [];
  const delayMs = delivery.nextAttemptAt.getTime() - now.getTime();
  if (delayMs > LONGEST_DELAY_MS) return [];
  return [{ orderKey, eventId, endpointId, delaySeconds: Math.max(0, Math.ceil(delayMs / 1000)) }];
}

/** The row stays in the endpoint's list until the event's outcome is written: see {@link outcomeRecorded}. */
function settled(state: SettledState, now: Date): DeliveryChange {
  return {
    state,
    settledAt: now,
    reason: null,
    nextAttemptAt: null,
    leaseId: null,
    leaseUntil: null,
  };
}

function scheduled(at: Date, now: Date): DeliveryChange {
  const hasMessage = at.getTime() - now.getTime() <= LONGEST_DELAY_MS;
  return {
    reason: null,
    nextAttemptAt: at,
    dueAt: hasMessage ? after(at, MESSAGE_LOST_AFTER_MS) : at,
    leaseId: null,
    leaseUntil: null,
  };
}

function recorded(delivery: Delivery, made: Attempt): DeliveryChange {
  return { attempts: [...delivery.attempts, made].slice(-ATTEMPTS_KEPT) };
}

/** A lease that nobody returned: its holder may have sent, and died before it could write so. */
function leaseExpired({ leaseId, leaseUntil, owedSince }: Delivery): DeliveryChange {
  return leaseId === undefined ? {} : { possiblyDeliveredAt: leaseUntil ?? owedSince };
}

function mostAttemptsAfter({ internalError }: Attempt): number {
  return internalError ? INTERNAL_ERRORS : Number.POSITIVE_INFINITY;
}

/** A failure that the event itself causes repeats, and with `strict` the rest of its order waits. */
function blocksItsOrder(
  { ordering }: Pick<Endpoint, 'ordering'>,
  { status = 0, internalError = false }: Attempt,
  attemptCount: number,
): boolean {
  if (ordering !== 'strict' || attemptCount < STRICT_REFUSALS) return false;
  return internalError || (status >= 400 && status <= 499 && !MAY_PASS_LATER.includes(status));
}
