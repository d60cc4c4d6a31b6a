/** What deliver reads about a delivery: its event and the newer ones of its order, and what there is to send. */
import { type Change, changesBetween } from './changes.ts';
import type { Delivery } from './delivery.ts';
import type { Endpoint } from './endpoint.ts';
import { type EventRecord, PAYLOAD_GONE, type Payload } from './event.ts';
import type { ToldEvent } from './expression-input.ts';
import { UnreadableRowError } from './ports.ts';
import type { SendingRelay } from './relay.ts';

/** The delivery's event, and the order's newer ones that have been fanned out. */
export async function readEvents(
  relay: SendingRelay,
  delivery: Delivery,
): Promise<{
  event: EventRecord | undefined;
  newer: EventRecord[];
  newerMayBeSent?: EventRecord | undefined;
}> {
  const newer: EventRecord[] = [];
  let underWay: EventRecord | undefined;
  for await (const event of relay.eventLog.eventsNewestFirst(delivery.orderKey)) {
    if (event.eventId === delivery.eventId) {
      // Fan-out, which may be sending it just now, could not know of a row that somebody added afterwards.
      const newerMayBeSent = delivery.replayedAt === undefined && !delivery.undecided ? undefined : underWay;
      return { event, newer, newerMayBeSent };
    }
    if (event.eventId < delivery.eventId) break;
    if (event.fannedOutAt !== undefined) newer.push(event);
    else underWay ??= event;
  }
  return { event: undefined, newer };
}

/** What an endpoint is to be told, or why that is not there any more. */
export type DeliveryContent = { readonly event: ToldEvent; readonly payload: Payload } | { missing: string };

export async function readContent(
  relay: SendingRelay,
  endpoint: Pick<Endpoint, 'filter' | 'transform'>,
  delivery: Delivery,
  event: EventRecord | undefined,
): Promise<DeliveryContent> {
  const payload = await readPayload(relay, delivery);
  if (payload === 'unreadable') return { missing: 'payload row cannot be read' };
  if (event === undefined || payload === undefined) return { missing: PAYLOAD_GONE };
  const hasExpression = endpoint.filter !== undefined || endpoint.transform !== undefined;
  if (!hasExpression) return { event, payload };
  const changes = await changesOf(relay, event);
  return { event: { ...event, changes, late: delivery.late === true }, payload };
}

async function readPayload(
  relay: SendingRelay,
  delivery: Delivery,
): Promise<Payload | 'unreadable' | undefined> {
  try {
    return await relay.eventLog.payload(delivery);
  } catch (error) {
    if (!(error instanceof UnreadableRowError)) throw error;
    relay.telemetry.error('payload row cannot be read', error, { eventId: delivery.eventId });
    return 'unreadable';
  }
}

/** Deliver may be faster than the fan-out that wakes it, which writes the changes last. */
async function changesOf(relay: SendingRelay, event: EventRecord): Promise<readonly Change[]> {
  if (event.changes !== undefined) return event.changes;
  if (event.items === undefined) return [];
  for await (const older of relay.eventLog.eventsNewestFirst(event.orderKey)) {
    if (older.eventId < event.eventId && older.items !== undefined)
      return changesBetween(older.items, event.items);
  }
  return changesBetween([], event.items);
}
