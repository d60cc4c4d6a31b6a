/** Sends an order's new events to all endpoints, oldest event first, and records the outcomes. */

import type { SendingContext } from '../context.ts';
import { awaitAll } from '../model/await-all.ts';
import type { OrderKey } from '../model/ids.ts';
import type { EventMessage } from '../ports/queues.ts';
import { fanOutEvent } from './fan-out-event.ts';
import { quarantineIfFailing } from './quarantine.ts';
import { storeQueuedEvent } from './queue-fallback.ts';
import { eventsToFanOut } from './unfanned-events.ts';

/** An order's events are attempted inline for this time. Deliver attempts the rest, because other orders wait. */
const INLINE_FOR_MS = 5_000;
/**
 * An order that takes longer than this continues in a later batch. One more event takes up to 20 s: filters, transforms
 * and inline attempts of all endpoints run in parallel. Both together are far below the function's timeout.
 */
const ORDER_TAKES_MS = 15_000;

/**
 * Works on the orders that a batch of messages names, in parallel.
 * @returns the messages to return to the queue, because their order is not finished
 */
export async function fanOut(
  context: SendingContext,
  messages: readonly EventMessage[],
): Promise<EventMessage[]> {
  const orders = Map.groupBy(messages, (message) => message.orderKey);
  const unfinished = await awaitAll(
    [...orders].map(async ([orderKey, ofOrder]) => {
      try {
        return (await fanOutOrder(context, orderKey, ofOrder)) ? [] : ofOrder;
      } catch (error) {
        context.telemetry.error('fan-out failed; the message returns to the queue', error, {
          eventIds: ofOrder.map((message) => message.eventId),
        });
        context.telemetry.count('FanOutFailures');
        return ofOrder;
      }
    }),
  );
  await context.config.healthRecorder.flush();
  return unfinished.flat();
}

/** False when its time ended before all events were fanned out. */
async function fanOutOrder(
  context: SendingContext,
  orderKey: OrderKey,
  messages: readonly EventMessage[],
): Promise<boolean> {
  for (const message of messages) await storeQueuedEvent(context, message);
  const backlog = await eventsToFanOut(context, orderKey, messages);
  const isRepeated = messages.some(({ receivedBefore }) => receivedBefore);
  // An earlier run may have sent any of these events before it died.
  const possiblySent =
    isRepeated ||
    backlog.some(({ event }) => event.fanOutAttempts !== undefined && event.abandonedAt === undefined);
  const startedMs = context.clock.monotonicMs();
  for (const next of backlog) {
    const tookMs = context.clock.monotonicMs() - startedMs;
    if (tookMs > ORDER_TAKES_MS) return false;
    if (await quarantineIfFailing(context, next.event, isRepeated)) continue;
    await fanOutEvent(context, next, { possiblySent, inline: tookMs < INLINE_FOR_MS });
  }
  return true;
}
