/** Whether an endpoint may be sent to now, and by which function: by its row and its health. */
import type { Endpoint } from '../endpoint/endpoint.ts';
import { type Health, isProven, takingProbe } from './health.ts';

export type Admission =
  /** `inline`: fan-out may attempt it at once. Otherwise deliver alone may: it is unproven, or its rate is limited. */
  | { readonly kind: 'send'; readonly inline: boolean }
  /** Deliver may send one request, to see whether it answers again. */
  | { readonly kind: 'probe'; readonly reason: string }
  /** Nothing is sent for now: its deliveries wait. */
  | { readonly kind: 'park'; readonly reason: string }
  /** Nothing will be sent: its deliveries are cancelled. */
  | { readonly kind: 'cancel'; readonly reason: string };

export function admissionOf(endpoint: Endpoint, health: Health, now: Date): Admission {
  if (endpoint.state === 'off') return { kind: 'cancel', reason: 'endpoint is off' };
  if (health.state === 'disabled') return { kind: 'cancel', reason: disabledReason(health) };
  if (endpoint.state === 'paused') return { kind: 'park', reason: 'endpoint is paused' };
  if (health.state === 'failing')
    return {
      kind: takingProbe(health, now) === undefined ? 'park' : 'probe',
      reason: 'circuit is open',
    };
  return { kind: 'send', inline: endpoint.rateLimitPerSecond === undefined && isProven(health) };
}

function disabledReason({ reason }: Health): string {
  return reason === undefined ? 'endpoint is disabled' : `endpoint is disabled: ${reason}`;
}
