/** Sends deliveries that outlived their fan-out. Each endpoint is served by one invocation at a time. */

import type { SendingContext } from '../context.ts';
import { applyChange } from '../delivery/apply-change.ts';
import { enqueue } from '../delivery/enqueue.ts';
import { isDue, madeDue } from '../delivery/state-machine.ts';
import { currentAdmission } from '../health/admission.ts';
import { takeDeliveryLock } from '../health/delivery-lock.ts';
import { awaitAll } from '../model/await-all.ts';
import type { Deadline } from '../model/clock.ts';
import { type DeliveryKey, isLeased, isSettled } from '../model/delivery.ts';
import type { EndpointId } from '../model/ids.ts';
import { readRows } from './deliver-order.ts';
import { EndpointService } from './endpoint-service.ts';

/** @returns the messages to return to the queue */
export async function deliver(
  context: SendingContext,
  keys: readonly DeliveryKey[],
  deadline: Deadline,
): Promise<DeliveryKey[]> {
  const unfinished = await awaitAll(
    [...Map.groupBy(keys, ({ endpointId }) => endpointId)].map(async ([endpointId, ofEndpoint]) => {
      try {
        await serve(context, endpointId, ofEndpoint, deadline);
        return [];
      } catch (error) {
        context.telemetry.error('endpoint could not be served; its messages return to the queue', error, {
          endpointId,
        });
        return ofEndpoint;
      }
    }),
  );
  await context.config.healthRecorder.flush();
  return unfinished.flat();
}

/** A slow endpoint can use only one of the function's concurrent invocations. There are at least two. */
async function serve(
  context: SendingContext,
  endpointId: EndpointId,
  keys: readonly DeliveryKey[],
  deadline: Deadline,
): Promise<void> {
  const admission = await currentAdmission(context, endpointId);
  const endpoint = 'endpoint' in admission ? admission.endpoint : undefined;
  const take = () => takeDeliveryLock(context, endpointId, endpoint, deadline.remainingMs);
  let lock = await take();
  if (lock === undefined) {
    await awaitAll(keys.map((key) => makeDue(context, key)));
    // The holder may have read the list for the last time before these deliveries were due. So try the lock again.
    lock = await take();
    if (lock === undefined) return;
  }
  const service = new EndpointService({ context, endpointId, keys, lock, deadline });
  try {
    await service.run();
  } finally {
    await lock.release(service.inFlightLimit);
  }
  const { unstarted, next } = await service.rest();
  await awaitAll(unstarted.map((key) => makeDue(context, key)));
  if (next !== undefined) await enqueue(context, [next]);
}

/** Makes the delivery due, so that the current or the next lock holder finds it in the endpoint's list. */
async function makeDue(context: SendingContext, key: DeliveryKey): Promise<void> {
  const rows = await readRows(context, key.endpointId, key.orderKey);
  const row = rows.find(({ eventId }) => eventId === key.eventId);
  const now = context.clock.now();
  if (row === undefined || isSettled(row) || isLeased(row, now) || !isDue(row, now)) return;
  await applyChange(context, row, madeDue(row, now));
}
