/** An endpoint's outcome, as a person reads it in the event's row. */
import { type Attempt, DELIVERY_STATES, type Delivery, type DeliveryState } from './delivery.ts';

/** Such as `delivered 200 in 143 ms`, `delivered 200 in 20 ms, attempt 3`, `pending: 503 in 20 ms`, `cancelled: endpoint is off`. */
export function outcomeOf(delivery: Delivery): string {
  const { late, replayedAt } = delivery;
  return `${stateText(delivery)}${late ? ', late' : ''}${replayedAt === undefined ? '' : ', replayed'}`;
}

function stateText({ state, reason, attempts, attemptCount }: Delivery): string {
  const last = attempts.at(-1);
  const attemptText = last === undefined ? undefined : describeAttempt(last, attemptCount);
  if (state === 'delivered' && attemptText !== undefined) return `delivered ${attemptText}`;
  const detail = reason ?? attemptText;
  return detail === undefined ? state : `${state}: ${detail}`;
}

/** The state that an outcome's text begins with. */
export function stateOf(outcome: string | undefined): DeliveryState | undefined {
  return DELIVERY_STATES.find(
    (state) => outcome === state || [' ', ':', ','].some((mark) => outcome?.startsWith(state + mark)),
  );
}

function describeAttempt(made: Attempt, attemptCount: number): string {
  const text =
    made.status === undefined ? (made.error ?? 'failed') : `${made.status} in ${made.durationMs} ms`;
  return attemptCount > 1 ? `${text}, attempt ${attemptCount}` : text;
}
