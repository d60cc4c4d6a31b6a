/** Sends an order's new events to all endpoints, oldest event first, and records the outcomes. */

import type { SendingContext } from '../context.ts';
import { awaitAll } from '../model/await-all.ts';
import type { OrderKey } from '../model/ids.ts';
import { PayloadTooLargeError, RowRefusedError } from '../ports/event-log.ts';
import type { EventMessage } from '../ports/queues.ts';
import { traced } from '../ports/traces.ts';
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

/** Takes a message that can never be processed, with the reason, to where a person finds it. */
export type Reject = (message: EventMessage, reason: string) => void;

/**
 * Works on the orders that a batch of messages names, in parallel.
 * @param reject receives the events that only their message holds and that the table will never take.
 *   Without it, their messages return to the queue
 * @returns the messages to return to the queue, because their order is not finished
 */
export async function fanOut(
  context: SendingContext,
  messages: readonly EventMessage[],
  reject?: Reject,
): Promise<EventMessage[]> {
  const orders = Map.groupBy(messages, (message) => message.orderKey);
  const unfinished = await awaitAll(
    [...orders].map(async ([orderKey, ofOrder]) => {
      try {
        return (await fanOutOrder(context, orderKey, ofOrder, reject)) ? [] : ofOrder;
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
  received: readonly EventMessage[],
  reject: Reject | undefined,
): Promise<boolean> {
  const messages: EventMessage[] = [];
  for (const message of received) if (await isStored(context, message, reject)) messages.push(message);
  if (messages.length === 0) return true;
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
    await traced(context, next.event.eventId, () =>
      fanOutEvent(context, next, { possiblySent, inline: tookMs < INLINE_FOR_MS }),
    );
  }
  return true;
}

/** False when the event can never be stored: its order goes on without it. Rejects when it cannot be stored now. */
async function isStored(
  context: SendingContext,
  message: EventMessage,
  reject: Reject | undefined,
): Promise<boolean> {
  try {
    await storeQueuedEvent(context, message);
    return true;
  } catch (error) {
    const isForGood = error instanceof RowRefusedError || error instanceof PayloadTooLargeError;
    if (!isForGood || reject === undefined) throw error;
    const { eventId } = message;
    context.telemetry.error('event can never be stored; its message goes to the dead-letter queue', error, {
      eventId,
    });
    reject(message, `event cannot be stored: ${error.name}`);
    return false;
  }
}
