/** Attempts every endpoint of an order's events, oldest event first, and writes down how it went. */
import { after, type Deadline } from './clock.ts';
import { eventsToFanOut } from './fan-out-backlog.ts';
import { fanOutEvent } from './fan-out-event.ts';
import type { OrderKey } from './ids.ts';
import { FAN_OUT_DUE_MS } from './ingest.ts';
import { EVALUATION_LIMIT_MS, type EventMessage } from './ports.ts';
import type { SendingRelay } from './relay.ts';
import { stepsAside } from './set-aside.ts';

/**
 * The longest that one event takes: every endpoint's filter, transform and inline attempt (5 s at most), all endpoints in
 * parallel, and the writing.
 */
const EVENT_TAKES_MS = 20_000 + 2 * EVALUATION_LIMIT_MS;

/**
 * Works off the orders that a batch of messages wakes, in parallel.
 * @returns the messages to be seen again, because their order is not done
 */
export async function fanOut(
  relay: SendingRelay,
  messages: readonly EventMessage[],
  deadline: Deadline,
): Promise<EventMessage[]> {
  const orders = Map.groupBy(messages, (message) => message.orderKey);
  const unfinished = await Promise.all(
    [...orders].map(async ([orderKey, ofOrder]) => {
      try {
        return (await fanOutOrder(relay, orderKey, ofOrder, deadline)) ? [] : ofOrder;
      } catch (error) {
        relay.telemetry.error('fan-out failed; the order is tried again', error, {
          eventIds: ofOrder.map((message) => message.eventId),
        });
        relay.telemetry.count('FanOutFailures');
        return ofOrder;
      }
    }),
  );
  await relay.config.health.flush();
  return unfinished.flat();
}

/** False when the deadline ended it early. */
async function fanOutOrder(
  relay: SendingRelay,
  orderKey: OrderKey,
  messages: readonly EventMessage[],
  deadline: Deadline,
): Promise<boolean> {
  for (const { unstored } of messages) {
    if (unstored === undefined) continue;
    await relay.eventLog.storeAgain(
      unstored.event,
      unstored.payload,
      after(relay.clock.now(), FAN_OUT_DUE_MS),
    );
  }
  const repeated = messages.some(({ receivedBefore }) => receivedBefore);
  for (const owed of await eventsToFanOut(relay, orderKey, messages)) {
    // The fence: what starts here ends before the function is killed, and so before the messages are seen again.
    if (!deadline.allows(EVENT_TAKES_MS)) return false;
    if (await stepsAside(relay, owed.event, repeated)) continue;
    await fanOutEvent(relay, owed);
  }
  return true;
}
