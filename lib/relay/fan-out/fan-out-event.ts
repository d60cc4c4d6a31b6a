/** Fans out one event: makes first attempts in parallel, and writes a row for each delivery that deliver must continue. */

import type { SendingContext } from '../context.ts';
import { enqueue } from '../delivery/enqueue.ts';
import { changesOfEvent } from '../delivery/event-changes.ts';
import { endedWithoutRow, messageFor, newDelivery, parked } from '../delivery/state-machine.ts';
import { type Endpoint, isAddressedTo } from '../endpoint/endpoint.ts';
import { rereadUnproven } from '../health/admission.ts';
import { awaitAll } from '../model/await-all.ts';
import { type Delivery, isTest, outcomeOf } from '../model/delivery.ts';
import type { EventRecord, Payload } from '../model/event.ts';
import { aliasKeyOf, isRelayEvent, TESTS } from '../model/ids.ts';
import { recordOf } from '../model/record-of.ts';
import { UnreadableRowError } from '../ports/event-log.ts';
import { type FanOutMode, filterPending, firstDeliveries } from './first-deliveries.ts';
import type { UnfannedEvent } from './unfanned-events.ts';

/** Rejects when the table fails. Requests that were sent by then may be repeated. */
export async function fanOutEvent(
  context: SendingContext,
  unfannedEvent: UnfannedEvent,
  mode: FanOutMode,
): Promise<void> {
  const { event, newIds, previousSnapshot } = unfannedEvent;
  const [rows, endpoints] = await awaitAll([
    context.eventLog.deliveries(event.orderKey),
    // An endpoint is often tested right after it was added, so the config is read again.
    context.config.endpoints(event.source === TESTS),
    ...newIds.map((id) => writeAlias(context, event, id)),
  ]);
  // An earlier run may have written rows. Their endpoints are left to deliver.
  const existing = ofEvent(rows, event);
  const isNew = ({ id }: Pick<Endpoint, 'id'>) => !existing.has(id);
  const subscribers = endpoints.valid.filter(isNew).filter((endpoint) => isAddressedTo(endpoint, event));
  if (mode.inline && !mode.possiblySent) await rereadUnproven(context, subscribers);
  const payloadOf = readOnce(context, event);
  const changes = await changesOfEvent(context.eventLog, event, previousSnapshot, payloadOf);
  const now = context.clock.now();
  const view = { ...unfannedEvent, event: { ...event, ...changes }, rows, payloadOf };
  const fresh =
    event.forgottenAt === undefined
      ? await firstDeliveries(context, subscribers, view, mode)
      : subscribers.map(({ id }) =>
          endedWithoutRow(newDelivery(event, id, now), 'cancelled', 'payload-erased', now),
        );
  const isForOrders = !isRelayEvent(event.orderKey) && event.forgottenAt === undefined;
  const unknown = isForOrders ? endpoints.invalid.filter(isNew) : [];
  const waiting = unknown.map(({ id }) =>
    filterPending(parked(newDelivery(event, id, now), 'invalid-config'), event, mode),
  );
  const deliveries = [...existing.values(), ...(await writeRows(context, event, [...fresh, ...waiting]))];
  await context.eventLog.finishFanOut(event, {
    ...changes,
    outcomes: recordOf(deliveries.map((delivery) => [delivery.endpointId, outcomeOf(delivery)])),
    fannedOutAt: context.clock.now(),
    ...cancelledWithoutRow(event, deliveries),
  });
  context.telemetry.count('EventsFannedOut');
}

/** The disabled endpoints of an order's event. An operator can resend it once they are enabled. */
function cancelledWithoutRow({ orderKey }: EventRecord, deliveries: readonly Delivery[]) {
  const cancelled = deliveries.filter(
    ({ state, reason, owedTo }) =>
      state === 'cancelled' && reason === 'endpoint-disabled' && owedTo === undefined,
  );
  const cancelledFor = cancelled.map(({ endpointId }) => endpointId);
  return cancelledFor.length === 0 || isRelayEvent(orderKey) ? {} : { cancelledFor };
}

function ofEvent(rows: readonly Delivery[], { eventId }: EventRecord): Map<string, Delivery> {
  return new Map(rows.filter((row) => row.eventId === eventId).map((row) => [row.endpointId, row]));
}

/** An alias lets operators find the order by an id. It is written once for an order, not for each event. */
function writeAlias({ eventLog }: SendingContext, event: EventRecord, id: string): Promise<void> {
  const { source, orderKey, receivedAt } = event;
  return eventLog.putAlias({ aliasKey: aliasKeyOf(source, id), orderKey, id, seenAt: receivedAt });
}

function readOnce(context: SendingContext, event: EventRecord): () => Promise<Payload | undefined> {
  let reading: Promise<Payload | undefined> | undefined;
  return () => {
    reading ??= readPayload(context, event);
    return reading;
  };
}

async function readPayload(context: SendingContext, event: EventRecord): Promise<Payload | undefined> {
  try {
    return await context.eventLog.payload(event);
  } catch (error) {
    if (error instanceof UnreadableRowError) return undefined;
    throw error;
  }
}

/** Writes a row for each unfinished delivery, and enqueues those that are due soon. */
async function writeRows(
  context: SendingContext,
  event: EventRecord,
  deliveries: readonly Delivery[],
): Promise<readonly Delivery[]> {
  // Stryker disable next-line ConditionalExpression,MethodExpression: it only saves time
  if (deliveries.every(needsNoRow)) return deliveries;
  const written = await awaitAll(
    deliveries.map(async (delivery) => {
      if (needsNoRow(delivery)) return delivery;
      // The health row is written first: sweep finds deliveries through it, also after the endpoint was removed.
      await context.config.health.ensure(delivery.endpointId);
      if (await context.eventLog.putDeliveryIfAbsent(delivery)) {
        if (delivery.state === 'dead' && !isTest(delivery)) context.telemetry.count('DeliveriesDead');
        return delivery;
      }
      // Another run wrote the row first. Its row is used.
      return (
        ofEvent(await context.eventLog.deliveries(event.orderKey), event).get(delivery.endpointId) ?? delivery
      );
    }),
  );
  const now = context.clock.now();
  await enqueue(
    context,
    written.flatMap((delivery) => messageFor(delivery, now)),
  );
  return written;
}

/** The event's outcome records a finished delivery. */
function needsNoRow({ owedTo }: Delivery): boolean {
  return owedTo === undefined;
}
