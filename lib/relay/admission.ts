/** Whether an endpoint may be sent to now, and by whom: by its row, its health, and what it has shown so far. */
import type { Endpoint } from './endpoint.ts';
import { type Health, isQuick } from './health.ts';

export type Admission =
  /** Fan-out may attempt it at once. */
  | { readonly kind: 'inline' }
  /** Only deliver may: it is slow, or has yet to show that it is not, or its requests are counted. */
  | { readonly kind: 'by deliver' }
  /** Nobody may, until sweep wakes it. */
  | { readonly kind: 'held'; readonly reason: string }
  /** Nobody will. */
  | { readonly kind: 'cancelled'; readonly reason: string };

export function admissionOf(endpoint: Endpoint, health: Health): Admission {
  if (endpoint.state === 'off') return { kind: 'cancelled', reason: 'endpoint is off' };
  if (health.state === 'disabled') return { kind: 'cancelled', reason: disabledReason(health) };
  if (endpoint.state === 'paused') return { kind: 'held', reason: 'endpoint is paused' };
  switch (health.state) {
    case 'open':
      return { kind: 'held', reason: 'circuit is open' };
    case 'recovering':
      return { kind: 'held', reason: 'endpoint is recovering' };
    case 'closed':
      return endpoint.rateLimitPerSecond === undefined && isQuick(health)
        ? { kind: 'inline' }
        : { kind: 'by deliver' };
  }
}

function disabledReason({ reason }: Health): string {
  return reason === undefined ? 'endpoint is disabled' : `endpoint is disabled: ${reason}`;
}
