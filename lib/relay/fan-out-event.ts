/** Fans one event out: first attempts at once and inline, a row for every delivery that outlives them. */
import { attempt } from './attempt.ts';
import { changesBetween } from './changes.ts';
import { after } from './clock.ts';
import type { Delivery } from './delivery.ts';
import { type Endpoint, hears } from './endpoint.ts';
import type { EventRecord, Outcomes, Payload } from './event.ts';
import type { OwedEvent } from './fan-out-backlog.ts';
import { aliasKeyOf } from './ids.ts';
import { FAN_OUT_DUE_MS } from './ingest.ts';
import { outcomeOf } from './outcome.ts';
import type { SendingRelay } from './relay.ts';
import { afterAttempt, changed, newDelivery, resting, wakeUp } from './transition.ts';

/**
 * An event row without its payload that is older than this never got its 2xx: no ingest runs that long, so nothing
 * more will be written.
 */
const ABANDONED_AFTER_MS = FAN_OUT_DUE_MS;

/** Rejects when the store fails; what was sent by then may be sent again. */
export async function fanOutEvent(
  relay: SendingRelay,
  { event, first, itemsBefore }: OwedEvent,
): Promise<void> {
  const [payload, existing, endpoints] = await Promise.all([
    relay.eventLog.payload(event),
    deliveriesOf(relay, event),
    relay.config.endpoints(),
    first && writeAlias(relay, event),
  ]);
  if (payload === undefined) return closeIfAbandoned(relay, event);

  const subscribed = endpoints.valid.filter(({ state, id }) => state !== 'off' && !existing.has(id));
  const fresh = await Promise.all([
    ...subscribed
      .filter((endpoint) => hears(endpoint, event.source))
      .map((endpoint) => deliverInline(relay, endpoint, event, payload)),
    ...endpoints.invalid
      .filter(({ id }) => !existing.has(id))
      .map(({ id }) => ({ ...newDelivery(event, id, relay.clock.now()), reason: 'invalid config' })),
  ]);
  // An earlier run that died may have left rows: they decide, and nothing is sent again.
  const deliveries = [...existing.values(), ...(await writeRows(relay, event, fresh))];

  await relay.eventLog.finishFanOut(event, {
    changes: event.items === undefined ? [] : changesBetween(itemsBefore, event.items),
    outcomes: Object.fromEntries(
      deliveries.map((delivery) => [delivery.endpointId, outcomeOf(delivery)]),
    ) as Outcomes,
    fannedOutAt: relay.clock.now(),
  });
  relay.telemetry.count('EventsFannedOut');
}

async function deliveriesOf(relay: SendingRelay, event: EventRecord): Promise<Map<string, Delivery>> {
  const ofOrder = await relay.eventLog.deliveries(event.orderKey);
  return new Map(ofOrder.filter((row) => row.eventId === event.eventId).map((row) => [row.endpointId, row]));
}

/** People know an order by its nice id. */
async function writeAlias(relay: SendingRelay, event: EventRecord): Promise<void> {
  if (event.niceId === undefined) return;
  await relay.eventLog.putAlias(aliasKeyOf(event.source, event.niceId), event.orderKey);
}

/** A row that is only just being written gets its payload within moments, and a message of its own. */
async function closeIfAbandoned(relay: SendingRelay, event: EventRecord): Promise<void> {
  const now = relay.clock.now();
  if (after(event.receivedAt, ABANDONED_AFTER_MS) > now) return;
  relay.telemetry.warn('event without payload closed: its webhook was never answered 2xx', {
    eventId: event.eventId,
  });
  await relay.eventLog.closeWithoutPayload(event, 'no payload: the webhook was never answered 2xx', now);
}

/** The delivery as it stands after its first attempt, or without one if the endpoint must not be attempted here. */
async function deliverInline(
  relay: SendingRelay,
  endpoint: Endpoint,
  event: EventRecord,
  payload: Payload,
): Promise<Delivery> {
  const delivery = newDelivery(event, endpoint.id, relay.clock.now());
  if (endpoint.state === 'paused') return { ...delivery, reason: 'endpoint is paused' };
  const made = await attempt(relay, endpoint, event, payload);
  const now = relay.clock.now();
  const attempted = changed(delivery, afterAttempt(delivery, endpoint, made, now, relay.random));
  return attempted.state === 'pending' ? attempted : changed(attempted, resting(attempted, now));
}

/** Writes a row for each delivery that outlives its fan-out and wakes deliver for those due soon. */
async function writeRows(
  relay: SendingRelay,
  event: EventRecord,
  deliveries: readonly Delivery[],
): Promise<Delivery[]> {
  const written = await Promise.all(
    deliveries.map(async (delivery) => {
      if (delivery.state === 'delivered') return delivery;
      await relay.config.ensureHealth(delivery.endpointId);
      if (await relay.eventLog.putDeliveryIfAbsent(delivery)) return delivery;
      // Another run was faster: its row decides.
      return (await deliveriesOf(relay, event)).get(delivery.endpointId) ?? delivery;
    }),
  );
  const now = relay.clock.now();
  const unsent = await relay.deliveryQueue.send(written.flatMap((delivery) => wakeUp(delivery, now)));
  if (unsent.length > 0)
    relay.telemetry.warn('deliver could not be woken; sweep will', { deliveries: unsent.length });
  return written;
}
