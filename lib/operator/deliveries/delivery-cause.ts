/** Why a delivery ended or waits, in words that group deliveries with the same cause. */
import type { Delivery } from '../../relay/model/delivery.ts';
import { reasonText } from '../../relay/model/reason.ts';

/** `endpoint is disabled`, `answered 503`, `timeout after 10 s`. */
export function causeOf({ reason, attempts }: Pick<Delivery, 'reason' | 'attempts'>): string {
  if (reason !== undefined) return reasonText(reason);
  const { status, error } = attempts.at(-1) ?? {};
  return status === undefined ? (error ?? 'failed') : `answered ${status}`;
}
