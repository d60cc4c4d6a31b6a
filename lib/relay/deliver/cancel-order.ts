/** Cancels the deliveries of one order to an endpoint that was disabled or removed. */

import type { SendingContext } from '../context.ts';
import { settle } from '../delivery/settle.ts';
import type { Admission } from '../health/admission.ts';
import { after, sane } from '../model/clock.ts';
import { type Delivery, type DeliveryKey, isLeased, isSettled } from '../model/delivery.ts';
import { readRows } from './deliver-order.ts';

/** An endpoint that is missing here may be newer than this function's copy of the config. */
const UNKNOWN_FOR_MS = 60_000;

export type EndOfEndpoint = Extract<Admission, { kind: 'cancel' }> | { readonly kind: 'removed' };

/** Leaves deliveries that are in flight. @returns true when it cancelled at least one */
export async function cancelOrder(
  context: SendingContext,
  admission: EndOfEndpoint,
  { endpointId, orderKey }: DeliveryKey,
): Promise<boolean> {
  const { clock } = context;
  const reason = admission.kind === 'cancel' ? admission.reason : 'endpoint-removed';
  const now = clock.now();
  const youngest = after(now, -UNKNOWN_FOR_MS);
  const isYoung = ({ owedSince }: Delivery) => (sane(owedSince, now, 0) ?? youngest) > youngest;
  let hasCancelled = false;
  for (const row of await readRows(context, endpointId, orderKey)) {
    if (isSettled(row) || (admission.kind === 'removed' && isYoung(row))) continue;
    if (isLeased(row, clock.now())) continue;
    if (await settle(context, row, 'cancelled', reason)) hasCancelled = true;
  }
  return hasCancelled;
}
