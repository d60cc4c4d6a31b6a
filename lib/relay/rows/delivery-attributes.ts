/** The attributes of a delivery's row, whatever the store. */
import { type Delivery, type DeliveryKey, toDelivery } from '../model/delivery.ts';
import { DELIVERY_STATES } from '../model/delivery-state.ts';
import { REASONS } from '../model/reason.ts';
import * as z from '../model/zod.ts';
import { UnreadableRowError } from '../ports/event-log.ts';
import type { Row } from './attributes.ts';
import { moment, readAttributes } from './read-attributes.ts';

/**
 * Only the key and the state are required. A missing or wrong attribute gets a default.
 * @throws UnreadableRowError naming row and attribute when the state is unknown
 */
export function readDelivery(key: DeliveryKey, row: Row): Delivery {
  const { state, ...attributes } = readAttributes(ATTRIBUTES, row);
  const { orderKey, eventId, endpointId } = key;
  if (state === undefined) {
    throw new UnreadableRowError(
      `row delivery#${eventId}#${endpointId} of ${orderKey}: attribute state must be one of ${DELIVERY_STATES.join(', ')}`,
    );
  }
  return toDelivery({ ...attributes, orderKey, eventId, endpointId, state });
}

const text = z.exactOptional(z.string());
const number = z.exactOptional(z.number());
const flag = z.exactOptional(z.boolean());
const count = z.int().check(z.minimum(0));

const ATTRIBUTES = {
  state: z.enum(DELIVERY_STATES),
  reason: z.enum(REASONS),
  attempts: z.array(
    z.object({
      at: moment,
      durationMs: z.number(),
      status: number,
      error: text,
      answer: text,
      accepted: flag,
      cutShort: flag,
      unsent: flag,
      internalError: flag,
      retryAfterSeconds: number,
      headers: z.exactOptional(z.record(z.string(), z.string())),
    }),
  ),
  attemptCount: count,
  deferralCount: count,
  firstAttemptAt: moment,
  nextAttemptAt: moment,
  leaseId: z.string(),
  leaseUntil: moment,
  owedSince: moment,
  late: z.boolean(),
  filterPending: z.boolean(),
  replayedAt: moment,
  possiblyDeliveredAt: moment,
  settledAt: moment,
  owedTo: z.string(),
  dueAt: moment,
};
