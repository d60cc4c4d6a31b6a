/** The attributes of a delivery's row, whatever the store. */
import * as z from 'zod';
import { type Delivery, type DeliveryKey, toDelivery } from '../model/delivery.ts';
import { DELIVERY_STATES } from '../model/delivery-state.ts';
import { REASONS } from '../model/reason.ts';
import { UnreadableRowError } from '../ports/event-log.ts';
import { moment, type Row, readAttributes } from './attributes.ts';

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

const ATTRIBUTES = {
  state: z.enum(DELIVERY_STATES),
  reason: z.enum(REASONS),
  attempts: z.array(
    z.object({
      at: moment,
      durationMs: z.number(),
      status: z.number().exactOptional(),
      error: z.string().exactOptional(),
      answer: z.string().exactOptional(),
      accepted: z.boolean().exactOptional(),
      cutShort: z.boolean().exactOptional(),
      unsent: z.boolean().exactOptional(),
      internalError: z.boolean().exactOptional(),
      retryAfterSeconds: z.number().exactOptional(),
      headers: z.record(z.string(), z.string()).exactOptional(),
    }),
  ),
  attemptCount: z.int().min(0),
  deferralCount: z.int().min(0),
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
