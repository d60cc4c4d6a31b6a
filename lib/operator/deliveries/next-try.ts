/** When the relay tries a pending delivery next, or what it waits for. */
import { blockOf } from '../../relay/health/admission.ts';
import { LONGEST_WAIT_MS, sane } from '../../relay/model/clock.ts';
import {
  type Delivery,
  isLeased,
  isUnfinished,
  type UnfinishedDelivery,
} from '../../relay/model/delivery.ts';
import { idOf } from '../config-rows.ts';
import type { Connection } from '../connection.ts';
import { type ListedEndpoint, listEndpoints } from '../endpoints/endpoints.ts';

/**
 * - `at`: at this time.
 * - `now`: it is due, and the relay sends it in its turn.
 * - `in-flight`: an attempt is in flight.
 * - `rate-limit`: it is due, and the endpoint's rate limit decides when.
 * - `earlier-delivery`: after an earlier delivery of its order.
 * - `probe`: the endpoint is failing: with the next probe, or once one succeeds. `at` is the earliest time of the probe.
 * - `resume`, `fixed-row`: once the endpoint is resumed, or its row is fixed.
 * - `none`: the endpoint is disabled or removed, so the relay is about to cancel it.
 */
export type NextTry =
  | { readonly kind: 'at'; readonly at: Date }
  | { readonly kind: 'probe'; readonly at?: Date }
  | {
      readonly kind:
        | 'now'
        | 'in-flight'
        | 'rate-limit'
        | 'earlier-delivery'
        | 'resume'
        | 'fixed-row'
        | 'none';
    };

/** A delivery, and its next try while it is pending. */
export type DeliveryWithNext = Delivery & { readonly next?: NextTry };

/** Reads the endpoints once, for any number of deliveries. */
export async function nextTries(
  connection: Pick<Connection, 'configTable' | 'clock'>,
): Promise<(delivery: Delivery) => { readonly next?: NextTry }> {
  const endpoints = new Map((await listEndpoints(connection)).map((listed) => [idOf(listed), listed]));
  const now = connection.clock.now();
  return (delivery) =>
    isUnfinished(delivery) ? { next: nextTryOf(delivery, endpoints.get(delivery.endpointId), now) } : {};
}

/** @param listed undefined when the endpoint was removed */
export function nextTryOf(
  delivery: UnfinishedDelivery,
  listed: ListedEndpoint | undefined,
  now: Date,
): NextTry {
  if (isLeased(delivery, now)) return { kind: 'in-flight' };
  if (listed === undefined) return { kind: 'none' };
  if ('invalid' in listed) return { kind: 'fixed-row' };
  const { valid: endpoint, health } = listed;
  switch (blockOf(endpoint, health)) {
    case 'disabled':
      return { kind: 'none' };
    case 'paused':
      return { kind: 'resume' };
    case 'failing': {
      const { retryAt } = health ?? {};
      return { kind: 'probe', ...(retryAt !== undefined && retryAt > now && { at: retryAt }) };
    }
    case undefined:
      break;
  }
  const { nextAttemptAt, reason } = delivery;
  const at = sane(nextAttemptAt, now, LONGEST_WAIT_MS);
  // After an endpoint recovered, deliver sends the whole backlog at once.
  if (at !== undefined && at > now && !isBefore(delivery, health?.recoveredAt)) return { kind: 'at', at };
  if (reason === 'behind-earlier') return { kind: 'earlier-delivery' };
  return { kind: endpoint.rateLimitPerSecond === undefined ? 'now' : 'rate-limit' };
}

function isBefore({ attempts }: Delivery, recoveredAt: Date | undefined): boolean {
  const last = attempts.at(-1);
  return recoveredAt !== undefined && last !== undefined && last.at < recoveredAt;
}
