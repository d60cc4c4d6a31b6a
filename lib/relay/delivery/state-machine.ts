/**
 * The state machine of a delivery: one pure function for each event that changes a delivery's row. It takes the row and
 * returns the new one. `applyChange` writes it, on the condition that the row is still as it was read.
 */

import type { Endpoint } from '../endpoint/endpoint.ts';
import type { LastAnswer } from '../health/last-answer.ts';
import { after, LONGEST_WAIT_MS, MAX_CLOCK_SKEW_MS, type Random, sane } from '../model/clock.ts';
import {
  type Attempt,
  attentionOf,
  type Delivery,
  DUE_FIRST,
  isSettled,
  isTest,
  isUnfinished,
  type LeasedDelivery,
  type PendingDelivery,
  type SettledDelivery,
  succeeded,
  type UnfinishedDelivery,
} from '../model/delivery.ts';
import type { SettledState } from '../model/delivery-state.ts';
import type { EventKey, EventRecord } from '../model/event.ts';
import type { EndpointId } from '../model/ids.ts';
import type { Reason } from '../model/reason.ts';
import type { DeliveryMessage } from '../ports/queues.ts';

import { type Deferral, deferralOf } from './deferral.ts';
import { nextAttemptAt } from './retry-schedule.ts';
import { blocksItsOrder } from './strict-refusals.ts';

/** The number of attempts in a row. */
const ATTEMPTS_KEPT = 10;
/** SQS delays a message by at most 15 minutes. Sweep enqueues deliveries with a longer delay. */
const LONGEST_DELAY_MS = 15 * 60_000;
/** The maximum of attempts that the relay itself fails on: about three days. */
const INTERNAL_ERRORS = 10;
/** Sweep treats a message as lost after this time. */
const MESSAGE_LOST_AFTER_MS = 60_000;
/** The endpoint may still process the attempt that was cut short. */
const AFTER_CUT_SHORT_MS = 10_000;
/** An expression that others kept from being evaluated is evaluated after this time. */
const AFTER_OTHER_EXPRESSIONS_MS = 5_000;
/** A delivery that waits for an earlier one is retried after this time. */
const BEHIND_MS = 2_000;
/** Fan-out writes an event's first outcomes. A delivery that is settled earlier waits this long before it tries again. */
const FAN_OUT_UNFINISHED_MS = 60_000;

/**
 * Work that is due within this time is done now: the clock that computed its message's delay may be two seconds ahead. It
 * is less than the shortest retry delay, so that a duplicate message does not cause a retry at once.
 */
const DUE_WITHIN_MS = 2_500;

/** A delivery that is due now. */
export function newDelivery(
  { orderKey, eventId }: EventKey,
  endpointId: EndpointId,
  now: Date,
): PendingDelivery {
  const due = { owedSince: now, owedTo: endpointId, nextAttemptAt: now, dueAt: now };
  return { orderKey, eventId, endpointId, state: 'pending', attempts: [], attemptCount: 0, ...due };
}

/** A delivery that ended before it needed a row: the event's outcome says everything about it. */
export function endedWithoutRow(
  delivery: PendingDelivery,
  state: SettledState,
  reason: Reason,
  now: Date,
): SettledDelivery {
  const { owedTo: _, dueAt: __, ...settled } = settledAs(delivery, state, now);
  return { ...settled, reason };
}

/** The endpoint cannot be sent to now. Sweep finds the delivery once it can. */
export function parked(delivery: PendingDelivery, reason: Reason): PendingDelivery {
  const { nextAttemptAt: _, ...waiting } = delivery;
  return { ...waiting, reason };
}

/** Deliver is sent a message to attempt it now. */
export function leftToDeliver(delivery: PendingDelivery, now: Date): PendingDelivery {
  return { ...delivery, dueAt: after(now, MESSAGE_LOST_AFTER_MS) };
}

/** It waits for an earlier delivery of its order. */
export function behind(delivery: PendingDelivery, now: Date): PendingDelivery {
  return { ...scheduled(delivery, after(now, BEHIND_MS), now), reason: 'behind-earlier' };
}

/** The expressions of other endpoints took the time. Nothing was sent. */
export function expressionPostponed(delivery: UnfinishedDelivery, now: Date): PendingDelivery {
  return { ...scheduled(delivery, after(now, AFTER_OTHER_EXPRESSIONS_MS), now), reason: 'expressions-busy' };
}

/** The endpoint asked the relay to wait. Nothing was sent. */
export function busy(delivery: PendingDelivery, until: Date, now: Date): PendingDelivery {
  return { ...scheduled(delivery, until, now), reason: 'endpoint-busy' };
}

/** It is first attempted when its order has been quiet for a while. A newer event supersedes it until then. */
export function debounced(delivery: PendingDelivery, quietAt: Date, now: Date): PendingDelivery {
  return { ...scheduled(delivery, quietAt, now), reason: 'debounce' };
}

/**
 * One function may attempt it until `leaseUntil`. The row keeps a `dueAt` of the next minute: moving it would cost two
 * writes to the `owed` index, and whoever finds the row in the list too early waits for the lease.
 */
export function leased(
  delivery: UnfinishedDelivery,
  leaseId: string,
  leaseUntil: Date,
  now: Date,
): LeasedDelivery {
  const isSoonDue = delivery.dueAt <= after(now, MESSAGE_LOST_AFTER_MS);
  const dueAt = isSoonDue ? delivery.dueAt : leaseUntil;
  return { ...leaseExpired(delivery), state: 'leased', leaseId, leaseUntil, dueAt };
}

/** The lease holder returns the lease. It has sent nothing. */
export function leaseReturned(delivery: UnfinishedDelivery, now: Date): PendingDelivery {
  return { ...withoutLease(delivery), dueAt: now };
}

/** Due work that could not be done now: the next function that reads the endpoint's list finds it. */
export function madeDue(delivery: UnfinishedDelivery, now: Date): UnfinishedDelivery {
  return { ...delivery, dueAt: after(now, -MAX_CLOCK_SKEW_MS) };
}

/** An operator wants it attempted now, whatever its schedule says. */
export function retried(delivery: UnfinishedDelivery, now: Date, reason: Reason): UnfinishedDelivery {
  const { nextAttemptAt: _, ...waiting } = delivery;
  return { ...waiting, dueAt: now, reason };
}

/** An operator wants it sent again: it starts anew. */
export function replayed(delivery: Delivery, now: Date, filterPending: boolean): UnfinishedDelivery {
  if (isUnfinished(delivery)) {
    const { deferralCount: _, firstAttemptAt: __, ...waiting } = retried(delivery, now, 'replay');
    const anew = { ...waiting, attemptCount: 0 };
    // Its filter was never evaluated, so it was never sent before.
    return delivery.filterPending && delivery.replayedAt === undefined ? anew : { ...anew, replayedAt: now };
  }
  const { settledAt, state, deferralCount: _, firstAttemptAt: __, ...rest } = delivery;
  return {
    ...rest,
    state: 'pending',
    reason: 'replay',
    attemptCount: 0,
    replayedAt: now,
    owedSince: now,
    owedTo: delivery.endpointId,
    dueAt: now,
    ...(filterPending && { filterPending }),
    ...(state === 'delivered' && { possiblyDeliveredAt: settledAt }),
  };
}

/** The endpoint's filter wants the event. */
export function filterPassed(delivery: UnfinishedDelivery): UnfinishedDelivery {
  const { filterPending: _, ...decided } = delivery;
  return decided;
}

/**
 * An attempt was made.
 *
 * @param health the endpoint's last success, if it is known
 */
export function attempted(
  delivery: UnfinishedDelivery,
  endpoint: Pick<Endpoint, 'maxAttempts' | 'ordering'>,
  made: Attempt,
  now: Date,
  random: Random,
  health: LastAnswer = {},
): Delivery {
  const deferral = deferralOf(delivery, made, now);
  if (deferral !== undefined) return deferred(recorded(delivery, made), deferral, made, now);
  const attemptCount = delivery.attemptCount + 1;
  const counted = { ...recorded(delivery, made), attemptCount };
  if (succeeded(made)) return settledAs(counted, 'delivered', now);
  // A person who sends a test wants to see the first answer, not the one in three days.
  const maxAttempts = isTest(delivery) ? 1 : Math.min(endpoint.maxAttempts, mostAttemptsAfter(made));
  const isUsedUp = attemptCount >= maxAttempts || blocksItsOrder(endpoint, counted, made, health);
  if (isUsedUp) return settledAs(counted, 'dead', now);
  const retryAt = nextAttemptAt(now, attemptCount, random);
  const askedFor = after(now, (made.retryAfterSeconds ?? 0) * 1000);
  const latest = new Date(Math.max(askedFor.getTime(), retryAt.getTime()));
  return scheduled(counted, latest, now);
}

/** The attempt does not count, unless the time for waits is over. */
function deferred(
  delivery: UnfinishedDelivery,
  { until, ...counted }: Deferral,
  made: Attempt,
  now: Date,
): PendingDelivery | SettledDelivery {
  const { attemptCount } = delivery;
  if (until === undefined)
    return settledAs({ ...delivery, ...counted, attemptCount: attemptCount + 1 }, 'dead', now);
  const waiting = scheduled({ ...delivery, ...counted }, until, now);
  return made.cutShort
    ? { ...waiting, reason: 'expressions-busy', possiblyDeliveredAt: made.at }
    : { ...waiting, reason: 'endpoint-busy' };
}

/** Fan-out stopped waiting for the answer, or for the `success` expression. The attempt does not count. */
export function cutShort(delivery: PendingDelivery, made: Attempt, now: Date): PendingDelivery {
  return {
    ...scheduled(recorded(delivery, made), after(now, AFTER_CUT_SHORT_MS), now),
    reason: made.status === undefined ? 'slow-answer' : 'expressions-busy',
    possiblyDeliveredAt: made.at,
  };
}

/** A probe failed. The attempt is shown, but does not count. */
export function probeFailed(delivery: UnfinishedDelivery, made: Attempt, now: Date): PendingDelivery {
  return parked(leaseReturned(recorded(delivery, made), now), 'endpoint-failing');
}

/** An attempt before its time, after the endpoint recovered, has failed. It does not count, and the schedule stays. */
export function earlyAttemptFailed(delivery: UnfinishedDelivery, made: Attempt, now: Date): PendingDelivery {
  return scheduled(recorded(delivery, made), delivery.nextAttemptAt ?? now, now);
}

/** It ends without an attempt. */
export function ended(
  delivery: UnfinishedDelivery,
  state: Exclude<SettledState, 'delivered'>,
  reason: Reason,
  now: Date,
): SettledDelivery {
  // An earlier run did not send an event that the filter refuses, unless it was replayed.
  const wasNeverSent = state === 'skipped' && delivery.replayedAt === undefined;
  return { ...settledAs(wasNeverSent ? neverSent(delivery) : leaseExpired(delivery), state, now), reason };
}

/** The event's outcome is written. The row leaves the endpoint's list. A dead or cancelled one moves to `attention`. */
export function outcomeRecorded(delivery: SettledDelivery, now: Date): SettledDelivery {
  const { owedTo: _, dueAt: __, ...finished } = delivery;
  const needsAttention = isFailure(delivery.state) && !isTest(delivery);
  return needsAttention ? { ...finished, owedTo: attentionOf(delivery.endpointId), dueAt: now } : finished;
}

/** The event's outcome cannot be written until fan-out has finished. That is not before a quarantine ends. */
export function outcomePostponed(
  delivery: SettledDelivery,
  { quarantinedUntil }: Pick<EventRecord, 'quarantinedUntil'>,
  now: Date,
): SettledDelivery {
  if (isFailure(delivery.state)) return { ...delivery, dueAt: DUE_FIRST };
  const until = sane(quarantinedUntil, now, LONGEST_WAIT_MS) ?? now;
  return { ...delivery, dueAt: after(until > now ? until : now, FAN_OUT_UNFINISHED_MS) };
}

/** The order's personal data is erased: answers go, and nobody can send the event again. */
export function answersErased(delivery: Delivery): Delivery {
  const attempts = delivery.attempts.map(({ answer: _, headers: __, ...made }) => made);
  if (!isSettled(delivery) || delivery.owedTo !== attentionOf(delivery.endpointId))
    return { ...delivery, attempts };
  return { ...dropped(delivery), attempts };
}

/** An operator drops a dead or cancelled delivery: it needs attention no longer. It can still be replayed. */
export function dropped(delivery: SettledDelivery): SettledDelivery {
  const { owedTo: _, dueAt: __, ...finished } = delivery;
  return finished;
}

export function isDue({ nextAttemptAt: at }: UnfinishedDelivery, now: Date): boolean {
  const planned = sane(at, now, LONGEST_WAIT_MS);
  return planned === undefined || planned <= after(now, DUE_WITHIN_MS);
}

/** The message for a delivery's next attempt, if SQS can delay it for so long. */
export function messageFor(delivery: Delivery, now: Date): DeliveryMessage[] {
  const { orderKey, eventId, endpointId } = delivery;
  if (isSettled(delivery) || delivery.nextAttemptAt === undefined) return [];
  const delayMs = delivery.nextAttemptAt.getTime() - now.getTime();
  if (delayMs > LONGEST_DELAY_MS) return [];
  return [{ orderKey, eventId, endpointId, delaySeconds: Math.max(0, Math.ceil(delayMs / 1000)) }];
}

/** The row stays in the endpoint's list until the event's outcome is written: see {@link outcomeRecorded}. */
function settledAs(delivery: UnfinishedDelivery, state: SettledState, now: Date): SettledDelivery {
  const { reason: _, nextAttemptAt: __, ...rest } = withoutLease(delivery);
  return { ...rest, state, settledAt: now, ...(isFailure(state) && { dueAt: DUE_FIRST }) };
}

function isFailure(state: SettledState): boolean {
  return state === 'dead' || state === 'cancelled';
}

function scheduled(delivery: UnfinishedDelivery, at: Date, now: Date): PendingDelivery {
  const hasMessage = at.getTime() - now.getTime() <= LONGEST_DELAY_MS;
  const { reason: _, ...rest } = withoutLease(delivery);
  return { ...rest, nextAttemptAt: at, dueAt: hasMessage ? after(at, MESSAGE_LOST_AFTER_MS) : at };
}

function recorded(delivery: UnfinishedDelivery, made: Attempt): UnfinishedDelivery {
  return { ...delivery, attempts: [...delivery.attempts, made].slice(-ATTEMPTS_KEPT) };
}

function withoutLease(delivery: UnfinishedDelivery): PendingDelivery {
  // Stryker disable next-line ConditionalExpression,StringLiteral: a pending delivery has no lease to remove
  if (delivery.state === 'pending') return delivery;
  const { leaseId: _, leaseUntil: __, ...rest } = delivery;
  return { ...rest, state: 'pending' };
}

function neverSent(delivery: UnfinishedDelivery): UnfinishedDelivery {
  const { possiblyDeliveredAt: _, ...rest } = delivery;
  return rest;
}

/** The holder did not return the lease: it may have sent a request and died before it could record the result. */
function leaseExpired(delivery: UnfinishedDelivery): PendingDelivery {
  const pending = withoutLease(delivery);
  return delivery.state === 'leased' ? { ...pending, possiblyDeliveredAt: delivery.leaseUntil } : pending;
}

function mostAttemptsAfter({ internalError }: Attempt): number {
  return internalError ? INTERNAL_ERRORS : Number.POSITIVE_INFINITY;
}
