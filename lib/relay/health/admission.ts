/** Whether an endpoint may be sent to now, and by which function: by its row and its health. */
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { Reason } from '../model/reason.ts';
import { type Health, isProven, takingProbe } from './health.ts';

export type Admission =
  /** `inline`: fan-out may attempt it at once. Otherwise deliver alone may: it is unproven, or its rate is limited. */
  | { readonly kind: 'send'; readonly inline: boolean }
  /** Deliver may send one request, to see whether it answers again. */
  | { readonly kind: 'probe'; readonly reason: Reason }
  /** Nothing is sent for now: its deliveries wait. */
  | { readonly kind: 'park'; readonly reason: Reason }
  /** Nothing will be sent: its deliveries are cancelled. */
  | { readonly kind: 'cancel'; readonly reason: Reason };

export function admissionOf(endpoint: Endpoint, health: Health, now: Date): Admission {
  if (endpoint.state === 'off') return { kind: 'cancel', reason: 'endpoint-off' };
  if (health.state === 'disabled') return { kind: 'cancel', reason: 'endpoint-disabled' };
  if (endpoint.state === 'paused') return { kind: 'park', reason: 'endpoint-paused' };
  if (health.state === 'failing')
    return {
      kind: takingProbe(health, now) === undefined ? 'park' : 'probe',
      reason: 'endpoint-failing',
    };
  return { kind: 'send', inline: endpoint.rateLimitPerSecond === undefined && isProven(health) };
}
