/** Sweeps the deliveries of one endpoint: one message at most, for its receiver serves all of them. */

import type { SweepRelay } from '../context.ts';
import { ANY_TIME } from '../deliver/due-deliveries.ts';
import { enqueue } from '../delivery/enqueue.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { admissionOf } from '../health/admission.ts';
import { caughtUp } from '../health/health.ts';
import { after } from '../model/clock.ts';
import { attentionOf } from '../model/delivery.ts';
import type { EndpointId } from '../model/ids.ts';
import type { OwedItem } from '../ports/event-log.ts';
import { LIST_LIMIT, reportOverdue } from './sweep-events.ts';

/** A health row outlives its endpoint by this: a function with an older copy of the config may still write a delivery. */
const GONE_FOR_MS = 10 * 60_000;

/** @param endpoint its row; absent when it was removed */
export async function sweepEndpoint(
  relay: SweepRelay,
  id: EndpointId,
  endpoint: Endpoint | undefined,
): Promise<void> {
  const { clock, config, eventLog, random } = relay;
  const now = clock.now();
  if (endpoint === undefined) return sweepRemoved(relay, id);
  if (config.health.row(id).goneSince !== undefined) await config.health.setGoneSince(id, null);
  switch (admissionOf(endpoint, config.health.of(id), now).kind) {
    case 'park':
      return;
    case 'cancel':
      return startService(relay, id, await eventLog.owed(id, ANY_TIME, 1));
    case 'probe': {
      // A different one each time: a payload that the endpoint fails on must not keep the circuit open for ever.
      const waiting = await eventLog.owed(id, ANY_TIME, LIST_LIMIT);
      const start = Math.floor(random() * waiting.length);
      return startService(relay, id, waiting.slice(start, start + 1));
    }
    case 'send': {
      const overdue = await eventLog.owed(id, now, LIST_LIMIT);
      reportOverdue(relay, id, overdue);
      if (overdue.length > 0 || config.health.of(id).recoveredAt === undefined)
        return startService(relay, id, overdue);
      return catchUp(relay, id);
    }
  }
}

/** After the endpoint recovered, also what is scheduled for later goes at once. */
async function catchUp(relay: SweepRelay, id: EndpointId): Promise<void> {
  const waiting = await relay.eventLog.owed(id, ANY_TIME, 1);
  if (waiting.length > 0) return startService(relay, id, waiting);
  await relay.config.health.change(id, (health) => (health.state === 'ok' ? caughtUp(health) : undefined));
}

/** The receiver of one message goes through the whole list, unless another invocation is at it already. */
async function startService(relay: SweepRelay, id: EndpointId, [first]: readonly OwedItem[]): Promise<void> {
  const { lockedUntil } = relay.config.health.row(id);
  if (first?.kind !== 'delivery' || (lockedUntil !== undefined && lockedUntil > relay.clock.now())) return;
  const { orderKey, eventId, endpointId } = first;
  await enqueue(relay, [{ orderKey, eventId, endpointId, delaySeconds: 0 }]);
}

/** Its deliveries are cancelled. When nothing is left that an operator may look for, its health row is removed, too. */
async function sweepRemoved(relay: SweepRelay, id: EndpointId): Promise<void> {
  const { clock, config, eventLog } = relay;
  const waiting = await eventLog.owed(id, ANY_TIME, 1);
  await startService(relay, id, waiting);
  const isNeeded = waiting.length > 0 || (await eventLog.owed(attentionOf(id), ANY_TIME, 1)).length > 0;
  const { goneSince } = config.health.row(id);
  if (isNeeded) {
    if (goneSince !== undefined) await config.health.setGoneSince(id, null);
  } else if (goneSince === undefined) await config.health.setGoneSince(id, clock.now());
  else if (after(goneSince, GONE_FOR_MS) <= clock.now()) await config.health.remove(id);
}
