/** A delivery's row of the EventLog table. */
import * as z from 'zod';
import { type Delivery, type DeliveryKey, toDelivery } from '../../relay/model/delivery.ts';
import { DELIVERY_STATES } from '../../relay/model/delivery-state.ts';
import { REASONS } from '../../relay/model/reason.ts';
import { UnreadableRowError } from '../../relay/ports/event-log.ts';
import { deliveryRowKey } from './event-log-keys.ts';
import { moment, type Row, readAttributes, toAttributes } from './row.ts';

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

export function toDeliveryRow(delivery: Delivery): Row {
  return { ...deliveryRowKey(delivery), ...toAttributes(delivery), listedFor: delivery.endpointId };
}

/**
 * Only the key and the state are required. A missing or wrong attribute gets a default.
 * @throws UnreadableRowError naming row and attribute when the state is unknown
 */
export function fromDeliveryRow(key: DeliveryKey, row: Row): Delivery {
  const { state, ...attributes } = readAttributes(ATTRIBUTES, row);
  const { orderKey, eventId, endpointId } = key;
  if (state === undefined) {
    const { sk } = deliveryRowKey(key);
    throw new UnreadableRowError(
      `row ${sk} of ${orderKey}: attribute state must be one of ${DELIVERY_STATES.join(', ')}`,
    );
  }
  return toDelivery({ ...attributes, orderKey, eventId, endpointId, state });
}
