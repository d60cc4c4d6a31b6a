/** A delivery: one event for one endpoint. It has a row only if it outlives fan-out. */

import { isTooFarAhead } from './clock.ts';
import { type DeliveryState, type SettledState, shownState } from './delivery-state.ts';
import type { EventKey } from './event.ts';
import { type EndpointId, eventTime, sourceOf, TESTS } from './ids.ts';
import type { Outcome } from './outcome.ts';
import type { Reason } from './reason.ts';

/** One HTTP request to an endpoint and its result. */
export interface Attempt {
  readonly at: Date;
  readonly durationMs: number;
  /** The answer's HTTP status; absent when there was no answer. */
  readonly status?: number;
  /** Why there was no answer, or why the answer is no success: `timeout after 10 s`, `redirects to shop.example/login`. */
  readonly error?: string;
  /** The first 512 bytes of the answer, as text. */
  readonly answer?: string;
  /** The verdict of the endpoint's `success` expression; absent without one, and when it failed. */
  readonly accepted?: boolean;
  /**
   * The result is not known. Fan-out stopped waiting before the endpoint's timeout, because other orders wait for it; or
   * the `success` expression was not evaluated, because other expressions took the time.
   */
  readonly cutShort?: boolean;
  /** No request was made, because there was nothing to send. It does not affect the endpoint's health. */
  readonly unsent?: boolean;
  /** The relay failed before it could make a request. */
  readonly internalError?: boolean;
  /** The wait that a 429 or 503 asked for. */
  readonly retryAfterSeconds?: number;
  /** Some headers of the answer to a test event, by lower-case name. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** True for 2xx, unless the endpoint's `success` expression decided. Redirects are not followed; they are failures. */
export function succeeded({ status = 0, accepted, error }: Attempt): boolean {
  // A 2xx with an error is one whose `success` expression failed.
  return accepted ?? (status >= 200 && status <= 299 && error === undefined);
}

/** Client errors that are temporary: request timeout, too early, too many requests. */
const MAY_PASS_LATER = [408, 425, 429];

/** True for an answer that refuses this request and does so again: a 4xx, or a `success` expression's verdict. */
export function isRefusal(made: Attempt): boolean {
  const { status = 0, accepted } = made;
  if (succeeded(made) || status > 499 || MAY_PASS_LATER.includes(status)) return false;
  return status >= 400 || accepted === false;
}

export interface DeliveryKey extends EventKey {
  readonly endpointId: EndpointId;
}

interface DeliveryBase extends DeliveryKey {
  /** The last ten attempts. */
  readonly attempts: readonly Attempt[];
  /** The number of all counted attempts. */
  readonly attemptCount: number;
  /** The number of attempts that did not count because the endpoint asked for a wait. */
  readonly deferralCount?: number;
  /** The first attempt, once there was such an attempt. The endpoint may ask for waits until three days after it. */
  readonly firstAttemptAt?: Date;
  /** When it became unfinished. */
  readonly owedSince: Date;
  /** A newer event of its order was sent before it. */
  readonly late?: boolean;
  /** The endpoint's filter has not been evaluated yet. Until then the delivery supersedes nothing. */
  readonly filterPending?: boolean;
  /** When an operator replayed it. */
  readonly replayedAt?: Date;
  /**
   * When the endpoint may have received it, whatever this row says now: it was delivered before it was replayed, or the
   * function that sent it never reported back.
   */
  readonly possiblyDeliveredAt?: Date;
}

/** Fields of an unfinished delivery. It is always in its endpoint's list of the `owed` index. */
interface Unfinished extends DeliveryBase {
  /** Why it is not attempted now. */
  readonly reason?: Reason;
  /** Absent when it waits only until the endpoint may be sent to. */
  readonly nextAttemptAt?: Date;
  readonly owedTo: string;
  readonly dueAt: Date;
}

export interface PendingDelivery extends Unfinished {
  readonly state: 'pending';
}

/** One function may attempt it until `leaseUntil`. After that the lease has expired and others may take it. */
export interface LeasedDelivery extends Unfinished {
  readonly state: 'leased';
  /** Names the function that holds the lease. */
  readonly leaseId: string;
  readonly leaseUntil: Date;
}

export type UnfinishedDelivery = PendingDelivery | LeasedDelivery;

export interface SettledDelivery extends DeliveryBase {
  readonly state: SettledState;
  /** Why it ended without an attempt. */
  readonly reason?: Reason;
  readonly settledAt: Date;
  /** The endpoint's list until the event's outcome is written, then `attention#<endpoint>` or none. */
  readonly owedTo?: string;
  readonly dueAt?: Date;
}

export type Delivery = UnfinishedDelivery | SettledDelivery;

/** The attributes of all variants, as a stored row may have them. Only the key and the state are required. */
export interface DeliveryAttributes extends DeliveryKey, Partial<Omit<DeliveryBase, keyof DeliveryKey>> {
  readonly state: DeliveryState;
  readonly reason?: Reason;
  readonly nextAttemptAt?: Date;
  readonly leaseId?: string;
  readonly leaseUntil?: Date;
  readonly settledAt?: Date;
  readonly owedTo?: string;
  readonly dueAt?: Date;
}

/**
 * The delivery that a stored row describes. An attribute of another variant is left out; a missing one gets a default:
 * people edit rows. A leased delivery without a lease id has an empty one, and without an end its lease has expired.
 */
export function toDelivery(row: DeliveryAttributes): Delivery {
  const { state, leaseId, leaseUntil, settledAt, nextAttemptAt, owedTo, dueAt, ...attributes } = row;
  const { attempts = [], owedSince = eventTime(row.eventId) } = attributes;
  const { attemptCount = attempts.length } = attributes;
  const base = { ...attributes, attempts, attemptCount, owedSince };
  if (state !== 'pending' && state !== 'leased') {
    const list = { ...(owedTo !== undefined && { owedTo }), ...(dueAt !== undefined && { dueAt }) };
    return { ...base, ...list, state, settledAt: settledAt ?? owedSince };
  }
  const unfinished = {
    ...base,
    owedTo: owedTo ?? row.endpointId,
    dueAt: dueAt ?? owedSince,
    ...(nextAttemptAt !== undefined && { nextAttemptAt }),
  };
  if (state === 'pending') return { ...unfinished, state };
  return { ...unfinished, state, leaseId: leaseId ?? '', leaseUntil: leaseUntil ?? owedSince };
}

export function isSettled(delivery: Delivery): delivery is SettledDelivery {
  return delivery.state !== 'pending' && delivery.state !== 'leased';
}

export function isUnfinished(delivery: Delivery): delivery is UnfinishedDelivery {
  return !isSettled(delivery);
}

/** The longest timeout of an endpoint is 30 s; expressions and the result take ten seconds more. */
const LONGEST_LEASE_MS = 60_000;

/** True while the function that holds the lease may still be sending. */
export function isLeased(delivery: Delivery, now: Date): boolean {
  if (delivery.state !== 'leased' || delivery.leaseUntil <= now) return false;
  return !isTooFarAhead(delivery.leaseUntil, now, LONGEST_LEASE_MS);
}

/** True for a delivery of a test event. It needs no attention when it fails. */
export function isTest({ orderKey }: Pick<Delivery, 'orderKey'>): boolean {
  return sourceOf(orderKey) === TESTS;
}

export function isSameDelivery(one: DeliveryKey, other: DeliveryKey): boolean {
  return one.eventId === other.eventId && one.endpointId === other.endpointId;
}

/**
 * The due time of a dead or cancelled delivery until the event's outcome is written. It is earlier than every other due
 * time, so that sweep finds such deliveries first in a long list, also among the parked ones of a paused endpoint.
 */
export const DUE_FIRST = new Date(0);

/** The list of an endpoint's dead and cancelled deliveries. Sweep does not read it. */
export function attentionOf(endpointId: EndpointId): string {
  return `attention#${endpointId}`;
}

/** The outcome that the event's row records for this delivery. */
export function outcomeOf(delivery: Delivery): Outcome {
  const { state, reason, attempts, attemptCount, late, replayedAt } = delivery;
  const last = attempts.at(-1);
  return {
    state: shownState(state),
    ...(reason === undefined ? last && attemptResult(last, attemptCount) : { reason }),
    ...(late && { late }),
    ...(replayedAt !== undefined && { replayed: true }),
  };
}

function attemptResult({ status, durationMs, error }: Attempt, attemptCount: number) {
  const result =
    status === undefined
      ? { error: error ?? 'failed' }
      : { status, durationMs, ...(error !== undefined && { error }) };
  return { ...result, ...(attemptCount > 1 && { attempt: attemptCount }) };
}
