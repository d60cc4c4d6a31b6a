/** What a delivery is: one event on its way to one endpoint, when it outlives its fan-out. */

import type { DeliveryState } from './delivery-state.ts';
import type { EventKey } from './event.ts';
import { type EndpointId, sourceOf, TESTS } from './ids.ts';
import type { Outcome } from './outcome.ts';
import type { Reason } from './reason.ts';

/** One HTTP request to an endpoint, and how it went. */
export interface Attempt {
  readonly at: Date;
  readonly durationMs: number;
  /** The answer's HTTP status; absent when there was no answer. */
  readonly status?: number;
  /** Why there was no answer: `timeout after 10 s`, `connection refused`. */
  readonly error?: string;
  /** The first 512 bytes of the answer, as text. */
  readonly answer?: string;
  /** Fan-out stopped waiting before the endpoint's own timeout, so that other orders need not wait for it. */
  readonly cutShort?: boolean;
  /** No request was made, for there was nothing to send: it says nothing of the endpoint. */
  readonly unsent?: boolean;
  /** The relay itself failed on the delivery, before a request could be made. */
  readonly internalError?: boolean;
  /** How long a 429 or 503 asked to be left alone: its `Retry-After`, in either form. */
  readonly retryAfterSeconds?: number;
}

export interface DeliveryKey extends EventKey {
  readonly endpointId: EndpointId;
}

export interface Delivery extends DeliveryKey {
  readonly state: DeliveryState;
  /** Why it is not attempted now, or why it ended without an attempt. */
  readonly reason?: Reason;
  /** The last ten. */
  readonly attempts: readonly Attempt[];
  /** All that were made. */
  readonly attemptCount: number;
  /** Absent once settled. */
  readonly nextAttemptAt?: Date;
  /** Names the one function that may attempt it now. */
  readonly leaseId?: string;
  readonly leaseUntil?: Date;
  /** When it became unfinished. */
  readonly owedSince: Date;
  /** A newer event of its order was sent before it. */
  readonly late?: boolean;
  /** The endpoint's filter has not been evaluated yet: until then the delivery supersedes nothing. */
  readonly filterPending?: boolean;
  /** When an operator replayed it. */
  readonly replayedAt?: Date;
  /**
   * When the endpoint may have received it, whatever this row says now: it was delivered before it was replayed, or a
   * function that sent it never reported back.
   */
  readonly possiblyDeliveredAt?: Date;
  readonly settledAt?: Date;
  /** The list of unfinished work that it stands in: the endpoint's, `attention#<endpoint>`, or none. */
  readonly owedTo?: string;
  readonly dueAt?: Date;
}

export function isSettled(delivery: Delivery): boolean {
  return delivery.state !== 'pending';
}

/** True while a function that may still be sending holds it. */
export function isLeased(delivery: Delivery, now: Date): boolean {
  return delivery.leaseUntil !== undefined && delivery.leaseUntil > now;
}

/** True for a delivery of a test event: nobody has to be told when it fails. */
export function isTest({ orderKey }: Pick<Delivery, 'orderKey'>): boolean {
  return sourceOf(orderKey) === TESTS;
}

export function isSameDelivery(one: DeliveryKey, other: DeliveryKey): boolean {
  return one.eventId === other.eventId && one.endpointId === other.endpointId;
}

/** The list of an endpoint's rows that need attention: shown, alarmed, replayable, and left alone by sweep. */
export function attentionOf(endpointId: EndpointId): string {
  return `attention#${endpointId}`;
}

/** What the event's row says of this delivery. */
export function outcomeOf(delivery: Delivery): Outcome {
  const { state, reason, attempts, attemptCount, late, replayedAt } = delivery;
  const last = attempts.at(-1);
  return {
    state,
    ...(reason === undefined ? last && attemptResult(last, attemptCount) : { reason }),
    ...(late && { late }),
    ...(replayedAt !== undefined && { replayed: true }),
  };
}

function attemptResult({ status, durationMs, error = 'failed' }: Attempt, attemptCount: number) {
  const result = status === undefined ? { error } : { status, durationMs };
  return { ...result, ...(attemptCount > 1 && { attempt: attemptCount }) };
}
