/** The outcome of one update at one endpoint. */
import { type Attempt, outcomeOf } from '../../relay/model/delivery.ts';
import type { EndpointId } from '../../relay/model/ids.ts';
import type { Outcome } from '../../relay/model/outcome.ts';
import type { NextTry } from '../deliveries/next-try.ts';
import type { EventWithDeliveries } from './orders.ts';

export interface EndpointOutcome {
  readonly outcome: Outcome;
  /** Counted attempts. */
  readonly attemptCount: number;
  /** The recorded attempts, oldest first. Without a row, only what the event's outcome says. */
  readonly attempts: readonly Attempt[];
  readonly next?: NextTry;
}

/** Undefined when the update was not for this endpoint, or was not sent yet. */
export function outcomeAt(event: EventWithDeliveries, endpointId: EndpointId): EndpointOutcome | undefined {
  // The row is written before the event's outcome, so it decides.
  const row = event.deliveries.find((delivery) => delivery.endpointId === endpointId);
  if (row !== undefined) {
    const { attempts, attemptCount, next } = row;
    return { outcome: outcomeOf(row), attemptCount, attempts, ...(next !== undefined && { next }) };
  }
  const outcome = event.outcomes?.[endpointId];
  if (outcome === undefined) return undefined;
  const made = attemptIn(outcome, event.fannedOutAt ?? event.receivedAt);
  return {
    outcome,
    attemptCount: made === undefined ? 0 : (outcome.attempt ?? 1),
    attempts: made ? [made] : [],
  };
}

/** Fan-out made it, and recorded only the result. */
function attemptIn({ reason, status, durationMs = 0, error }: Outcome, at: Date): Attempt | undefined {
  if (reason !== undefined || (status === undefined && error === undefined)) return undefined;
  return { at, durationMs, ...(status !== undefined && { status }), ...(error !== undefined && { error }) };
}
