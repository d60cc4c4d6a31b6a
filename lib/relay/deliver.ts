/** Works off the deliveries that outlived their fan-out, one by one, each under a lease. */
import { ulid } from 'ulid';
import { attempt } from './attempt.ts';
import { after, type Deadline } from './clock.ts';
import { type Delivery, type DeliveryKey, isLeased, isSettled } from './delivery.ts';
import { type Endpoint, hears } from './endpoint.ts';
import { sourceOf } from './ids.ts';
import type { SendingRelay } from './relay.ts';
import { settle, writeOutcome } from './settle.ts';
import { afterAttempt, changed, wakeUp } from './transition.ts';

/** Work that is due so soon is done now. */
const DUE_WITHIN_MS = 5_000;
/** A lease outlives the attempt's deadline by this: clocks may differ by two seconds, and the result must be written. */
const LEASE_MARGIN_MS = 10_000;
/** What reading the rows and writing the result may take beside the attempt. */
const WRITING_TAKES_MS = 5_000;
/** An endpoint that is unknown may be newer than what this function has read of the config. */
const UNKNOWN_FOR_MS = 60_000;

/**
 * Works off deliveries in parallel.
 * @returns the deliveries to be seen again
 */
export async function deliver(
  relay: SendingRelay,
  keys: readonly DeliveryKey[],
  deadline: Deadline,
): Promise<DeliveryKey[]> {
  const unfinished = await Promise.all(
    keys.map(async (key) => {
      try {
        return (await deliverOne(relay, key, deadline)) ? [] : [key];
      } catch (error) {
        relay.telemetry.error('delivery failed; it is tried again', error, {
          eventId: key.eventId,
          endpointId: key.endpointId,
        });
        return [key];
      }
    }),
  );
  return unfinished.flat();
}

/** False when there is no time left for it. */
async function deliverOne(relay: SendingRelay, key: DeliveryKey, deadline: Deadline): Promise<boolean> {
  const delivery = (await relay.eventLog.deliveries(key.orderKey)).find(
    (row) => row.eventId === key.eventId && row.endpointId === key.endpointId,
  );
  if (delivery === undefined) {
    relay.telemetry.warn('message for a delivery that has no row', {
      eventId: key.eventId,
      endpointId: key.endpointId,
    });
    return true;
  }
  if (isSettled(delivery)) {
    await writeOutcome(relay, delivery);
    return true;
  }
  const now = relay.clock.now();
  const isDue = delivery.nextAttemptAt === undefined || delivery.nextAttemptAt <= after(now, DUE_WITHIN_MS);
  // Not ours to do now: its holder, a later message or sweep goes on with it.
  if (!isDue || isLeased(delivery, now)) return true;

  const endpoint = await findEndpoint(relay, delivery);
  if (endpoint === 'wait') return true;
  if ('cancelled' in endpoint) {
    await settle(relay, delivery, 'cancelled', endpoint.cancelled);
    return true;
  }
  if (!deadline.allows(endpoint.timeoutSeconds * 1000 + WRITING_TAKES_MS)) return false;
  await attemptUnderLease(relay, delivery, endpoint);
  return true;
}

/** The endpoint to attempt, why there is none, or `wait` while its row says that nothing may be sent. */
async function findEndpoint(
  relay: SendingRelay,
  delivery: Delivery,
): Promise<Endpoint | { cancelled: string } | 'wait'> {
  const { endpointId, owedSince, orderKey } = delivery;
  const endpoints = await relay.config.endpoints();
  if (endpoints.invalid.some((row) => row.id === endpointId)) return 'wait';
  const endpoint = endpoints.valid.find((row) => row.id === endpointId);
  if (endpoint === undefined) {
    return after(owedSince, UNKNOWN_FOR_MS) > relay.clock.now()
      ? 'wait'
      : { cancelled: 'endpoint was removed' };
  }
  switch (endpoint.state) {
    case 'paused':
      return 'wait';
    case 'off':
      return { cancelled: 'endpoint is off' };
    case 'on':
      return hears(endpoint, sourceOf(orderKey))
        ? endpoint
        : { cancelled: 'endpoint does not hear this source' };
  }
}

async function attemptUnderLease(relay: SendingRelay, delivery: Delivery, endpoint: Endpoint): Promise<void> {
  const [event, payload] = await Promise.all([
    relay.eventLog.event(delivery),
    relay.eventLog.payload(delivery),
  ]);
  if (event === undefined || payload === undefined) {
    return settle(relay, delivery, 'dead', 'payload is gone: it expired or was erased');
  }
  const leaseId = ulid(relay.clock.now().getTime(), relay.random);
  const leaseUntil = after(relay.clock.now(), endpoint.timeoutSeconds * 1000 + LEASE_MARGIN_MS);
  const lease = { leaseId, leaseUntil, dueAt: leaseUntil };
  if (
    !(await relay.eventLog.updateDelivery(delivery, { state: 'pending', leaseId: delivery.leaseId }, lease))
  )
    return;

  const leased = changed(delivery, lease);
  const made = await attempt(relay, endpoint, event, payload);
  const now = relay.clock.now();
  const change = afterAttempt(leased, endpoint, made, now, relay.random);
  if (!(await relay.eventLog.updateDelivery(delivery, { state: 'pending', leaseId }, change))) {
    relay.telemetry.warn('lease was overtaken while sending', {
      eventId: delivery.eventId,
      endpointId: delivery.endpointId,
    });
    return;
  }
  const attempted = changed(leased, change);
  if (isSettled(attempted)) return writeOutcome(relay, attempted);
  const unsent = await relay.deliveryQueue.send(wakeUp(attempted, now));
  if (unsent.length > 0)
    relay.telemetry.warn('deliver could not be woken; sweep will', { deliveries: unsent.length });
}
