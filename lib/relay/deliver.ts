/** Works off the deliveries that outlived their fan-out, one by one, each under a lease. */
import { admissionOf } from './admission.ts';
import { after, type Deadline } from './clock.ts';
import type { Endpoints } from './config.ts';
import { attemptTakesMs, deliveryTakesMs } from './content.ts';
import { decide } from './decide.ts';
import { attemptUnderLease } from './deliver-attempt.ts';
import { type Delivery, type DeliveryKey, isLeased, isSettled, isTest } from './delivery.ts';
import { readContent, readEvents } from './delivery-reads.ts';
import { type Endpoint, hears } from './endpoint.ts';
import { isQuick, takingProbe } from './health.ts';
import { type EndpointId, sourceOf } from './ids.ts';
import { nextInTurn, takeTurn } from './ordering.ts';
import type { SendingRelay } from './relay.ts';
import { settle, writeOutcome } from './settle.ts';
import { wake } from './wake.ts';

/**
 * Work that is due so soon is done now, for the clock by which its message was delayed may be two seconds ahead. It is
 * less than the shortest retry, or a second message for it would bring that on at once.
 */
const DUE_WITHIN_MS = 2_500;
/** What reading the rows and writing the result may take beside the attempt. */
const WRITING_TAKES_MS = 5_000;
/** An endpoint that is unknown may be newer than what this function has read of the config. */
const UNKNOWN_FOR_MS = 60_000;
/** Clocks differ by two seconds, and who is killed may be killed a moment late. */
const CLOCKS_DIFFER_MS = 5_000;
/** What one invocation wakes for the next of an endpoint for which only one may work at a time: a full batch. */
const WOKEN_NEXT = 10;
/** What it wakes once the endpoint has shown that it is quick, for then nobody has to wait for anybody. */
const WOKEN_WHEN_QUICK = 100;

/** What became of a message. */
type Worked = 'attempted' | 'done' | 'no time';

/**
 * Works off deliveries, those of different endpoints and orders in parallel.
 * @returns the deliveries to be seen again
 */
export async function deliver(
  relay: SendingRelay,
  keys: readonly DeliveryKey[],
  deadline: Deadline,
): Promise<DeliveryKey[]> {
  const ofEndpoints = Map.groupBy(keys, ({ endpointId }) => endpointId);
  const unfinished = await Promise.all(
    [...ofEndpoints].map(async ([endpointId, ofEndpoint]) => {
      try {
        return await deliverTo(relay, endpointId, ofEndpoint, deadline);
      } catch (error) {
        relay.telemetry.error('deliveries failed; they are tried again', error, { endpointId });
        return ofEndpoint;
      }
    }),
  );
  await relay.config.health.flush();
  return unfinished.flat();
}

/**
 * An endpoint that is slow, or has yet to show that it is not, is worked for by one invocation at a time: however long
 * it takes, it holds no more than one of the function's slots, of which there are at least two.
 */
async function deliverTo(
  relay: SendingRelay,
  endpointId: EndpointId,
  keys: readonly DeliveryKey[],
  deadline: Deadline,
): Promise<DeliveryKey[]> {
  // Read first, for how the endpoints fare is read along with them.
  const { valid } = await relay.config.endpoints();
  const { health } = relay.config;
  if (isQuick(health.of(endpointId))) return (await workOff(relay, keys, deadline)).unfinished;

  const endpoint = valid.find(({ id }) => id === endpointId);
  const neededMs = Math.min(
    deadline.remainingMs,
    (endpoint ? deliveryTakesMs(endpoint) : 0) + WRITING_TAKES_MS,
  );
  const heldForMs = neededMs + CLOCKS_DIFFER_MS;
  const take = () => health.takeDelivering(endpointId, relay.random, heldForMs);
  let giveBack = await take();
  if (giveBack === undefined) {
    await Promise.all(keys.map((key) => leaveToHolder(relay, key)));
    // The holder looks for what is due when it has given the right back: if it has by now, it may not have seen these.
    giveBack = await take();
    if (giveBack === undefined) return [];
  }
  const { unfinished, attempted } = await workOff(relay, keys, deadline);
  await giveBack();
  if (attempted) await wakeWaiting(relay, endpointId, keys);
  return unfinished;
}

async function workOff(
  relay: SendingRelay,
  keys: readonly DeliveryKey[],
  deadline: Deadline,
): Promise<{ unfinished: DeliveryKey[]; attempted: boolean }> {
  const worked = await Promise.all(keys.map((key) => deliverOne(relay, key, deadline)));
  return {
    unfinished: keys.filter((_, index) => worked[index] === 'no time'),
    attempted: worked.includes('attempted'),
  };
}

/** The row is due at once again: so whoever works for the endpoint finds it when it ends, or else sweep does. */
async function leaveToHolder(relay: SendingRelay, key: DeliveryKey): Promise<void> {
  const row = (await relay.eventLog.deliveries(key.orderKey)).find((one) => isOf(one, key));
  const now = relay.clock.now();
  if (row === undefined || isSettled(row) || isLeased(row, now) || !isDue(row, now)) return;
  await relay.eventLog.updateDelivery(row, { state: 'pending', leaseId: row.leaseId }, { dueAt: now });
}

/** What has come meanwhile goes on without waiting for sweep; what this invocation has just had in hand does not. */
async function wakeWaiting(
  relay: SendingRelay,
  endpointId: EndpointId,
  had: readonly DeliveryKey[],
): Promise<void> {
  const health = relay.config.health.of(endpointId);
  if (health.state !== 'closed') return;
  const limit = isQuick(health) ? WOKEN_WHEN_QUICK : WOKEN_NEXT;
  const due = await relay.eventLog.owed(endpointId, relay.clock.now(), limit);
  const waiting = due.filter((item) => item.kind === 'delivery' && !had.some((key) => isOf(item, key)));
  await wake(
    relay,
    waiting.flatMap((item) => (item.kind === 'delivery' ? [{ ...item, delaySeconds: 0 }] : [])),
  );
}

async function deliverOne(relay: SendingRelay, key: DeliveryKey, deadline: Deadline): Promise<Worked> {
  try {
    return await deliverDue(relay, key, deadline);
  } catch (error) {
    // Not returned to the queue: the row is owed, so sweep wakes it again, and messages never pile up for it.
    const { eventId, endpointId } = key;
    relay.telemetry.error('delivery failed; sweep wakes it again', error, { eventId, endpointId });
    return 'done';
  }
}

async function deliverDue(relay: SendingRelay, key: DeliveryKey, deadline: Deadline): Promise<Worked> {
  const rows = await relay.eventLog.deliveries(key.orderKey);
  const delivery = rows.find((row) => isOf(row, key));
  if (delivery === undefined) {
    const { eventId, endpointId } = key;
    relay.telemetry.warn('message for a delivery that has no row', { eventId, endpointId });
    return 'done';
  }
  if (isSettled(delivery)) {
    await writeOutcome(relay, delivery);
    return 'done';
  }
  const now = relay.clock.now();
  // Not ours to do now: its holder, a later message or sweep goes on with it.
  if (isLeased(delivery, now)) return 'done';

  const endpoint = await findEndpoint(relay, delivery);
  // It comes back when the endpoint's row or health says otherwise: sweep sees to that.
  if (endpoint === 'wait') return 'done';
  if ('cancelled' in endpoint) {
    await settle(relay, delivery, 'cancelled', endpoint.cancelled);
    return 'done';
  }
  if (!isDue(delivery, now)) return 'done';
  if (!deadline.allows(attemptTakesMs(endpoint) + WRITING_TAKES_MS)) return 'no time';
  if (!delivery.undecided) return deliverInTurn(relay, endpoint, delivery, rows);

  const decision = await decide(relay, endpoint, delivery);
  // What has come while the filter was asked counts, too.
  if (decision === 'wanted') return deliverDue(relay, key, deadline);
  if (decision === 'settled' && endpoint.ordering !== 'none') await wakeNextInTurn(relay, endpoint, delivery);
  return 'done';
}

function isOf(key: DeliveryKey, other: DeliveryKey): boolean {
  return key.eventId === other.eventId && key.endpointId === other.endpointId;
}

function isDue({ nextAttemptAt }: Delivery, now: Date): boolean {
  return nextAttemptAt === undefined || nextAttemptAt <= after(now, DUE_WITHIN_MS);
}

/** The endpoint to attempt, why there is none, or `wait` while nothing may be sent to it. */
async function findEndpoint(
  relay: SendingRelay,
  delivery: Delivery,
): Promise<Endpoint | { cancelled: string } | 'wait'> {
  const found = judge(relay, delivery, await relay.config.endpoints(isTest(delivery)));
  // Whoever has sent the message may have read newer rows: sweep, when one is mended or on again; or a person.
  return typeof found === 'object' && 'url' in found
    ? found
    : judge(relay, delivery, await relay.config.endpoints(true));
}

function judge(
  relay: SendingRelay,
  { endpointId, owedSince, orderKey }: Delivery,
  endpoints: Endpoints,
): Endpoint | { cancelled: string } | 'wait' {
  if (endpoints.invalid.some((row) => row.id === endpointId)) return 'wait';
  const endpoint = endpoints.valid.find((row) => row.id === endpointId);
  if (endpoint === undefined) {
    return after(owedSince, UNKNOWN_FOR_MS) > relay.clock.now()
      ? 'wait'
      : { cancelled: 'endpoint was removed' };
  }
  if (!hears(endpoint, sourceOf(orderKey))) return { cancelled: 'endpoint does not hear this source' };
  const health = relay.config.health.of(endpointId);
  const admission = admissionOf(endpoint, health);
  if (admission.kind === 'cancelled') return { cancelled: admission.reason };
  const mayProbe = endpoint.state === 'on' && takingProbe(health, relay.clock.now()) !== undefined;
  const isWoken = endpoint.state === 'on' && health.state === 'recovering';
  return admission.kind !== 'held' || mayProbe || isWoken ? endpoint : 'wait';
}

async function deliverInTurn(
  relay: SendingRelay,
  endpoint: Endpoint,
  delivery: Delivery,
  rows: readonly Delivery[],
): Promise<Worked> {
  const { event, newer, newerMayBeSent } = await readEvents(relay, delivery);
  const turn = await takeTurn(relay, endpoint, delivery, { rows, newer, newerMayBeSent });
  // The one before it wakes it; or sweep does.
  if (turn !== 'go' && turn !== 'superseded') return 'done';
  let worked: Worked = 'done';
  if (turn === 'superseded') await settle(relay, delivery, 'superseded', 'a newer event took its place');
  else {
    const content = await readContent(relay, endpoint, delivery, event);
    if ('missing' in content) await settle(relay, delivery, 'dead', content.missing);
    else if (await attemptUnderLease(relay, endpoint, delivery, content.event, content.payload))
      worked = 'attempted';
  }
  if (endpoint.ordering !== 'none') await wakeNextInTurn(relay, endpoint, delivery);
  return worked;
}

/** What waits behind a delivery that has ended, or failed, need not wait for sweep. */
async function wakeNextInTurn(relay: SendingRelay, endpoint: Endpoint, done: Delivery): Promise<void> {
  const next = nextInTurn(endpoint, await relay.eventLog.deliveries(done.orderKey));
  if (next !== undefined && next.eventId !== done.eventId) await wake(relay, [{ ...next, delaySeconds: 0 }]);
}
