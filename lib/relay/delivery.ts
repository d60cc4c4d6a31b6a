/** What a delivery is: one event on its way to one endpoint, when it outlives its fan-out. */
import type { EventKey } from './event.ts';
import { type EndpointId, sourceOf, TESTS } from './ids.ts';

/**
 * `pending` is owed; the others are settled: `delivered`, `superseded` by a newer snapshot of the order,
 * `skipped`, `dead` (attempts used up, or refused for good) and `cancelled` (endpoint removed or off).
 */
export const DELIVERY_STATES = [
  'pending',
  'delivered',
  'superseded',
  'skipped',
  'dead',
  'cancelled',
] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

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
  /** Given up before the endpoint's own time was over, so that nobody else had to wait for it. */
  readonly cutShort?: boolean;
  /** Nothing was sent, because the endpoint's transform gave nothing: it says nothing of the endpoint. */
  readonly unsent?: boolean;
  /** How long a 429 or 503 asked to be left alone: its `Retry-After`, in either form. */
  readonly retryAfterSeconds?: number;
}

export interface DeliveryKey extends EventKey {
  readonly endpointId: EndpointId;
}

export interface Delivery extends DeliveryKey {
  readonly state: DeliveryState;
  /** Why it is not attempted now, or why it ended so: `invalid config`, `endpoint is off`. */
  readonly reason?: string;
  /** The last ten. */
  readonly attempts: readonly Attempt[];
  /** All that were made. */
  readonly attemptCount: number;
  /** Absent once settled. */
  readonly nextAttemptAt?: Date;
  /** Held by the one function that may attempt it now. */
  readonly leaseId?: string;
  readonly leaseUntil?: Date;
  /** The moment that the endpoint's rate limit gave to the next attempt. */
  readonly slotAt?: Date;
  /** When it became owed. */
  readonly owedSince: Date;
  /** A newer event of its order was sent before it. */
  readonly late?: boolean;
  /**
   * The endpoint's filter has yet to be asked whether it wants the event at all: until then it takes nothing's place.
   */
  readonly undecided?: boolean;
  /** When somebody had it sent again. */
  readonly replayedAt?: Date;
  /**
   * When the endpoint may have had it, whatever this row says now: it was delivered before it was replayed, or being
   * sent by a function of which nothing was heard again.
   */
  readonly mayHaveArrivedAt?: Date;
  readonly settledAt?: Date;
  /** Whose list of owed work it stands in: the endpoint's, `attention#<endpoint>`, or none. */
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

/** True for one by which somebody tries an endpoint out: nobody has to look after it. */
export function isTest({ orderKey }: Pick<Delivery, 'orderKey'>): boolean {
  return sourceOf(orderKey) === TESTS;
}

/** The list of an endpoint's rows that need a person: shown, alarmed, replayable, and left alone by sweep. */
export function attentionOf(endpointId: EndpointId): string {
  return `attention#${endpointId}`;
}
