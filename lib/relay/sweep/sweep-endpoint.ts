/** Sweeps the deliveries of one endpoint. It enqueues at most one message: deliver then sends all due deliveries. */

import type { SweepContext } from '../context.ts';
import { enqueue } from '../delivery/enqueue.ts';
import { isDeliveryTo } from '../delivery/is-delivery-to.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { admissionNow } from '../health/admission.ts';
import { isLocked } from '../health/delivery-lock.ts';
import { backlogDrained } from '../health/health.ts';
import { ANY_TIME, after } from '../model/clock.ts';
import { attentionOf, DUE_FIRST } from '../model/delivery.ts';
import type { EndpointId } from '../model/ids.ts';
import type { OwedDelivery } from '../ports/event-log.ts';
import { reportOverdueDeliveries } from './overdue.ts';
import { LIST_LIMIT } from './sweep-events.ts';

/** A health row outlives its endpoint by this time: a function with an old config may still write a delivery. */
const HEALTH_ROW_OUTLIVES_MS = 10 * 60_000;

/** @param endpoint undefined when the endpoint was removed */
export async function sweepEndpoint(
  context: SweepContext,
  id: EndpointId,
  endpoint: Endpoint | undefined,
): Promise<void> {
  const { clock, config, random } = context;
  if (endpoint === undefined) return sweepRemoved(context, id);
  if (config.health.row(id).goneSince !== undefined) await config.health.setGoneSince(id, null);
  switch (admissionNow(context, endpoint).kind) {
    case 'park':
      return finishEnded(context, id);
    case 'cancel':
      return startService(context, id, await ownDeliveries(context, id, ANY_TIME));
    case 'probe': {
      // A random delivery: one payload that the endpoint cannot process must not keep the circuit open.
      const waiting = await ownDeliveries(context, id, ANY_TIME);
      const start = Math.floor(random() * waiting.length);
      return startService(context, id, waiting.slice(start, start + 1));
    }
    // Deliver waits as long as the endpoint asked.
    case 'wait':
    case 'send': {
      const overdue = await ownDeliveries(context, id, clock.now());
      if (overdue.length > 0 || config.healthRecorder.current(id).recoveredAt === undefined)
        await startService(context, id, overdue);
      else await catchUp(context, id);
      return reportOverdueDeliveries(context, endpoint, overdue);
    }
  }
}

/**
 * Enqueues the dead and cancelled deliveries whose event has no outcome yet, one of each order: the function that ended
 * them died. Deliver then writes the outcomes. It sends nothing to an endpoint that is paused, failing or invalid.
 */
export async function finishEnded(context: SweepContext, id: EndpointId): Promise<void> {
  const ended = await ownDeliveries(context, id, after(DUE_FIRST, 1));
  const orders = new Map(ended.map((item) => [item.orderKey, item]));
  await enqueue(
    context,
    [...orders.values()].map(({ orderKey, eventId, endpointId }) => ({
      ...{ orderKey, eventId, endpointId },
      delaySeconds: 0,
    })),
  );
}

/** After a recovery, deliveries that are scheduled for later are sent at once. */
async function catchUp(context: SweepContext, id: EndpointId): Promise<void> {
  const waiting = await ownDeliveries(context, id, ANY_TIME);
  if (waiting.length > 0) return startService(context, id, waiting);
  await context.config.health.change(id, (health) =>
    health.state === 'ok' ? backlogDrained(health) : undefined,
  );
}

/** Enqueues one delivery. Nothing is enqueued while an invocation of deliver holds the endpoint's lock. */
async function startService(
  context: SweepContext,
  id: EndpointId,
  [first]: readonly OwedDelivery[],
): Promise<void> {
  if (first === undefined || isLocked(context.config.health.row(id), context.clock.now())) return;
  const { orderKey, eventId, endpointId } = first;
  await enqueue(context, [{ orderKey, eventId, endpointId, delaySeconds: 0 }]);
}

/** Cancels the deliveries of a removed endpoint. Deletes its health row once no delivery needs attention. */
async function sweepRemoved(context: SweepContext, id: EndpointId): Promise<void> {
  const { clock, config, eventLog } = context;
  const waiting = await ownDeliveries(context, id, ANY_TIME);
  await startService(context, id, waiting);
  const isNeeded = waiting.length > 0 || (await eventLog.owed(attentionOf(id), ANY_TIME, 1)).length > 0;
  const { goneSince } = config.health.row(id);
  if (isNeeded) {
    if (goneSince !== undefined) await config.health.setGoneSince(id, null);
  } else if (goneSince === undefined) await config.health.setGoneSince(id, clock.now());
  else if (after(goneSince, HEALTH_ROW_OUTLIVES_MS) <= clock.now()) await config.health.remove(id);
}

/** The first page of the endpoint's list, without rows that a person has put into it. */
async function ownDeliveries(
  { eventLog }: SweepContext,
  id: EndpointId,
  dueBefore: Date,
): Promise<OwedDelivery[]> {
  const owed = await eventLog.owed(id, dueBefore, LIST_LIMIT);
  return owed.filter((item) => isDeliveryTo(item, id));
}
