/** Stores an event that the table refused at ingest. Until now only the queue had it. */

import type { SendingContext } from '../context.ts';
import { after } from '../model/clock.ts';
import type { EventRecord, Payload } from '../model/event.ts';
import { FAN_OUT_DUE_MS } from '../model/event.ts';
import { orderKeyOf } from '../model/ids.ts';
import type { EventMessage } from '../ports/queues.ts';

/** Rejects when the event cannot be stored or its source cannot be looked up. The message is then returned. */
export async function storeQueuedEvent(
  context: SendingContext,
  { fullEvent, tokenSha256 }: EventMessage,
): Promise<void> {
  if (fullEvent === undefined) return;
  const { event, payload } = fullEvent;
  if (tokenSha256 !== undefined) return storeUnverified(context, event, payload, tokenSha256);
  await context.eventLog.putPayload(event, payload);
  await context.eventLog.putEvent(event, after(context.clock.now(), FAN_OUT_DUE_MS));
}

/**
 * The event is due at once, but sweep must enqueue it: this message is not in its order's message group, and two runs must
 * not work on one order at the same time.
 */
async function storeUnverified(
  context: SendingContext,
  event: EventRecord,
  payload: Payload,
  tokenSha256: string,
): Promise<void> {
  const { eventId } = event;
  const source =
    (await context.config.sourceByToken(tokenSha256)) ??
    // The cached sources may be older than this one. A dropped event is lost, so read the table.
    (await context.config.sourceByTokenFromTable(tokenSha256));
  if (source === undefined) {
    context.telemetry.warn('event dropped: no source has the token of its address', {
      eventId,
    });
    context.telemetry.count('EventsDropped');
    return;
  }
  const orderKey = orderKeyOf(source.id, event.orderId ?? eventId);
  const verified = { ...event, orderKey, source: source.id };
  await context.eventLog.putPayload(verified, payload);
  await context.eventLog.putEvent(verified, context.clock.now());
}
