/** Sends an order's new events to every endpoint, oldest event first, and writes down how it went. */

import type { SendingContext } from '../context.ts';
import type { OrderKey } from '../model/ids.ts';
import { settleAll } from '../model/settle-all.ts';
import type { EventMessage } from '../ports/queues.ts';
import { eventsToFanOut } from './backlog.ts';
import { fanOutEvent } from './fan-out-event.ts';
import { isLeftInQuarantine } from './quarantine.ts';
import { storeQueuedEvent } from './queue-fallback.ts';

/** For so long an order's events are attempted inline. Deliver attempts the rest, for other orders of the batch wait. */
const INLINE_FOR_MS = 5_000;
/**
 * An order that takes longer than this comes back in a later batch. With the event in hand (filters, transforms and inline
 * attempts of all endpoints in parallel, some 20 s in all) that is far from the function's timeout.
 */
const ORDER_TAKES_MS = 15_000;

/**
 * Works on the orders that a batch of messages names, in parallel.
 * @returns the messages to be seen again, because their order is not finished
 */
export async function fanOut(
  context: SendingContext,
  messages: readonly EventMessage[],
): Promise<EventMessage[]> {
  const orders = Map.groupBy(messages, (message) => message.orderKey);
  const unfinished = await settleAll(
    [...orders].map(async ([orderKey, ofOrder]) => {
      try {
        return (await fanOutOrder(context, orderKey, ofOrder)) ? [] : ofOrder;
      } catch (error) {
        context.telemetry.error('fan-out failed; the order is tried again', error, {
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

/** False when its time was over first. */
async function fanOutOrder(
  context: SendingContext,
  orderKey: OrderKey,
  messages: readonly EventMessage[],
): Promise<boolean> {
  for (const message of messages) await storeQueuedEvent(context, message);
  const backlog = await eventsToFanOut(context, orderKey, messages);
  const isRepeated = messages.some(({ receivedBefore }) => receivedBefore);
  // An earlier run that died may have sent any of them.
  const possiblySent =
    isRepeated ||
    backlog.some(({ event }) => event.fanOutAttempts !== undefined && event.abandonedAt === undefined);
  const startedMs = context.clock.monotonicMs();
  for (const next of backlog) {
    const tookMs = context.clock.monotonicMs() - startedMs;
    if (tookMs > ORDER_TAKES_MS) return false;
    if (await isLeftInQuarantine(context, next.event, isRepeated)) continue;
    await fanOutEvent(context, next, { possiblySent, inline: tookMs < INLINE_FOR_MS });
  }
  return true;
}
