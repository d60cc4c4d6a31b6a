/** Which events of an order are still to be fanned out. */

import type { SendingContext } from '../context.ts';
import { after } from '../model/clock.ts';
import type { EventKey, EventRecord } from '../model/event.ts';
import { eventTime, firstEventIdAt, type OrderKey } from '../model/ids.ts';
import type { Item } from '../model/item-changes.ts';
import type { EventMessage } from '../ports/queues.ts';

/** A slow ingest may write its row that much later than a faster one wrote a newer row. */
const LATE_WRITE_MS = 60_000;

export interface BacklogEvent {
  readonly event: EventRecord;
  /** True for the first that is known of its order. */
  readonly isFirst: boolean;
  /** A newer event was fanned out before this one. */
  readonly isLate: boolean;
  /** The items of the newest snapshot before it; none when there was none. */
  readonly itemsBefore: readonly Item[];
  /** The newest event before it; absent for the first. */
  readonly before?: EventKey;
}

/**
 * Reads an order from its newest event back to the first that is fanned out and a minute older than the oldest event that
 * the messages name.
 * @returns those not yet fanned out, oldest first
 */
export async function eventsToFanOut(
  context: SendingContext,
  orderKey: OrderKey,
  messages: readonly EventMessage[],
): Promise<BacklogEvent[]> {
  const times = messages.map((message) => eventTime(message.eventId).getTime());
  const farEnough = firstEventIdAt(after(new Date(Math.min(...times)), -LATE_WRITE_MS));
  const newestFirst: EventRecord[] = [];
  for await (const event of context.eventLog.eventsNewestFirst(orderKey)) {
    newestFirst.push(event);
    if (event.fannedOutAt !== undefined && event.eventId < farEnough) break;
  }
  return backlogOf(newestFirst.reverse());
}

function backlogOf(oldestFirst: readonly EventRecord[]): BacklogEvent[] {
  const backlog: BacklogEvent[] = [];
  const newestFannedOut = oldestFirst.findLast(({ fannedOutAt }) => fannedOutAt !== undefined);
  let itemsBefore: readonly Item[] = [];
  let before: EventKey | undefined;
  for (const [index, event] of oldestFirst.entries()) {
    if (event.fannedOutAt === undefined) {
      backlog.push({
        event,
        // The reading stopped at an event that is fanned out, so one that is not is the first of its order here.
        isFirst: index === 0,
        isLate: newestFannedOut !== undefined && newestFannedOut.eventId > event.eventId,
        itemsBefore,
        ...(before !== undefined && { before }),
      });
    }
    itemsBefore = event.items ?? itemsBefore;
    before = event;
  }
  return backlog;
}
