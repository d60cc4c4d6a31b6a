/** Reads the event and the payload of a delivery. */

import type { SendingContext } from '../context.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { Delivery } from '../model/delivery.ts';
import type { EventChanges, EventRecord, Payload } from '../model/event.ts';
import type { OutgoingEvent } from '../model/expression-input.ts';
import type { Reason } from '../model/reason.ts';
import { UnreadableRowError } from '../ports/event-log.ts';
import { changesOfEvent } from './event-changes.ts';

export interface EventAndPayload {
  readonly event: OutgoingEvent;
  readonly payload: Payload;
}

/** @returns the reason, when there is nothing to send any more */
export async function readEventAndPayload(
  context: SendingContext,
  endpoint: Pick<Endpoint, 'filter' | 'transform'>,
  delivery: Delivery,
  event: EventRecord | undefined,
): Promise<EventAndPayload | { readonly missing: Reason }> {
  const payload = await readPayload(context, delivery);
  if (payload === 'unreadable') return { missing: 'payload-unreadable' };
  if (event === undefined || payload === undefined) return { missing: 'payload-gone' };
  const hasExpression = endpoint.filter !== undefined || endpoint.transform !== undefined;
  if (!hasExpression) return { event, payload };
  const changes = await changesOf(context, event, payload);
  return { event: { ...event, ...changes, late: delivery.late === true }, payload };
}

async function readPayload(
  context: SendingContext,
  delivery: Delivery,
): Promise<Payload | 'unreadable' | undefined> {
  try {
    return await context.eventLog.payload(delivery);
  } catch (error) {
    if (!(error instanceof UnreadableRowError)) throw error;
    context.telemetry.error('payload row cannot be read', error, { eventId: delivery.eventId });
    return 'unreadable';
  }
}

/** Fan-out writes the changes last, so deliver may have to compute them itself. */
async function changesOf(
  context: SendingContext,
  event: EventRecord,
  payload: Payload,
): Promise<EventChanges> {
  if (event.changes !== undefined) return {};
  if (event.items === undefined) return { changes: [] };
  return changesOfEvent(context.eventLog, event, await previousSnapshot(context, event), async () => payload);
}

async function previousSnapshot(
  { eventLog }: SendingContext,
  { orderKey, eventId }: EventRecord,
): Promise<EventRecord | undefined> {
  for await (const older of eventLog.eventsNewestFirst(orderKey)) {
    if (older.eventId < eventId && older.items !== undefined) return older;
  }
  return undefined;
}
