/** Works off the deliveries that outlived their fan-out, one by one, each under a lease. */
import { ulid } from 'ulid';
import { attempt } from './attempt.ts';
import { after, type Deadline } from './clock.ts';
import { type Delivery, type DeliveryKey, isLeased, isSettled } from './delivery.ts';
import { type Endpoint, hears } from './endpoint.ts';
import type { EventRecord, Payload } from './event.ts';
import { sourceOf } from './ids.ts';
import { nextInTurn, takeTurn } from './ordering.ts';
import type { DeliveryMessage } from './ports.ts';
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
  const rows = await relay.eventLog.deliveries(key.orderKey);
  const delivery = rows.find((row) => row.eventId === key.eventId && row.endpointId === key.endpointId);
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
  await deliverInTurn(relay, endpoint, delivery, rows);
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

async function deliverInTurn(
  relay: SendingRelay,
  endpoint: Endpoint,
  delivery: Delivery,
  rows: readonly Delivery[],
): Promise<void> {
  const { event, newer } = await readEvents(relay, delivery);
  const turn = await takeTurn(relay, endpoint, delivery, { rows, newer });
  // The one before it wakes it; or sweep does.
  if (turn !== 'go' && turn !== 'superseded') return;
  if (turn === 'superseded') {
    await settle(relay, delivery, 'superseded', 'a newer event took its place');
    return;
  }
  const payload = await relay.eventLog.payload(delivery);
  if (event !== undefined && payload !== undefined)
    await attemptUnderLease(relay, endpoint, delivery, event, payload);
  else await settle(relay, delivery, 'dead', 'payload is gone: it expired or was erased');
  if (endpoint.ordering !== 'none') await wakeNextInTurn(relay, endpoint, delivery);
}

/** The delivery's event, and the order's newer ones that have been fanned out. */
async function readEvents(
  relay: SendingRelay,
  delivery: Delivery,
): Promise<{ event: EventRecord | undefined; newer: EventRecord[] }> {
  const newer: EventRecord[] = [];
  for await (const event of relay.eventLog.eventsNewestFirst(delivery.orderKey)) {
    if (event.eventId === delivery.eventId) return { event, newer };
    if (event.eventId < delivery.eventId) break;
    if (event.fannedOutAt !== undefined) newer.push(event);
  }
  return { event: undefined, newer };
}

async function attemptUnderLease(
  relay: SendingRelay,
  endpoint: Endpoint,
  delivery: Delivery,
  event: EventRecord,
  payload: Payload,
): Promise<void> {
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
  if (isSettled(attempted)) await writeOutcome(relay, attempted);
  else await wake(relay, wakeUp(attempted, now));
}

/** What waits behind a delivery that has ended, or failed, need not wait for sweep. */
async function wakeNextInTurn(relay: SendingRelay, endpoint: Endpoint, done: Delivery): Promise<void> {
  const next = nextInTurn(endpoint, await relay.eventLog.deliveries(done.orderKey));
  if (next !== undefined && next.eventId !== done.eventId) await wake(relay, [{ ...next, delaySeconds: 0 }]);
}

async function wake(relay: SendingRelay, messages: readonly DeliveryMessage[]): Promise<void> {
  const unsent = await relay.deliveryQueue.send(messages);
  if (unsent.length > 0)
    relay.telemetry.warn('deliver could not be woken; sweep will', { deliveries: unsent.length });
}
