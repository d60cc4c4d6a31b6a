/** Stores an event that the table had refused, and that has been on the queue alone until now. */

import type { SendingContext } from '../context.ts';
import { FAN_OUT_DUE_MS } from '../ingest.ts';
import { after } from '../model/clock.ts';
import type { EventRecord, Payload } from '../model/event.ts';
import { orderKeyOf } from '../model/ids.ts';
import type { EventMessage } from '../ports/queues.ts';

/** Rejects when it could not be stored, or when it is not known yet whose it is: the message has to be seen again. */
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
 * It is due at once, but for sweep to wake: the message that it came with is not of its order's group, and two runs for
 * one order must not be sending at the same time.
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
    // This function may hold a list that is older than the source, and a dropped event is lost.
    (await context.config.sourceByTokenFromTable(tokenSha256));
  if (source === undefined) {
    context.telemetry.warn(
      'event dropped: it came to an unknown address while sources could not be looked up',
      {
        eventId,
      },
    );
    context.telemetry.count('EventsDropped');
    return;
  }
  const orderKey = orderKeyOf(source.id, event.orderId ?? eventId);
  const verified = { ...event, orderKey, source: source.id };
  await context.eventLog.putPayload(verified, payload);
  await context.eventLog.putEvent(verified, context.clock.now());
}
