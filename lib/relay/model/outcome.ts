/** The outcome of an event at one endpoint: as data in the event's row, and as text for people. */
import type { ShownState } from './delivery-state.ts';
import { type Reason, reasonText } from './reason.ts';

export interface Outcome {
  readonly state: ShownState;
  /** Why the delivery waits, or ended without an attempt. */
  readonly reason?: Reason;
  /** The last attempt's HTTP status; absent when there was no answer, or when there is a reason. */
  readonly status?: number;
  /** How long the answer took. */
  readonly durationMs?: number;
  /** Why the last attempt had no answer, or why the answer is no success: `timeout after 10 s`. */
  readonly error?: string;
  /** The last attempt's number, from the second on. */
  readonly attempt?: number;
  /** A newer event of the order was sent before this one. */
  readonly late?: true;
  readonly replayed?: true;
}

/**
 * For people: `delivered 200 in 143 ms`, `delivered 200 in 20 ms, attempt 3`, `pending: 503 in 20 ms`,
 * `pending: 302 in 20 ms, redirects to shop.example/login`, `cancelled: endpoint is disabled`.
 */
export function outcomeText(outcome: Outcome): string {
  const { state, late, replayed, ...result } = outcome;
  // The part `replayed` already says the reason `replay`.
  const detail = replayed && result.reason === 'replay' ? undefined : detailText(result);
  const separator = state === 'delivered' ? ' ' : ': ';
  return [
    detail === undefined ? state : state + separator + detail,
    ...(late ? ['late'] : []),
    ...(replayed ? ['replayed'] : []),
  ].join(', ');
}

/** The result or the reason without the state; undefined when there is neither. */
export function detailText({
  reason,
  status,
  durationMs = 0,
  error,
  attempt,
}: Pick<Outcome, 'reason' | 'status' | 'durationMs' | 'error' | 'attempt'>): string | undefined {
  if (reason !== undefined) return reasonText(reason);
  const answered = status === undefined ? undefined : `${status} in ${durationMs} ms`;
  const number = attempt === undefined ? undefined : `attempt ${attempt}`;
  return [answered, error, number].filter((part) => part !== undefined).join(', ') || undefined;
}
