/** Finds the events of an order that are not fanned out yet. */

import type { SendingContext } from '../context.ts';
import { after } from '../model/clock.ts';
import { type EventKey, type EventRecord, lacksSnapshot } from '../model/event.ts';
import { eventTime, firstEventIdAt, isRelayEvent, type OrderKey } from '../model/ids.ts';
import type { EventMessage } from '../ports/queues.ts';

/** A slow ingest may write its row this much later than a faster ingest wrote a newer row. */
const LATE_WRITE_MS = 60_000;

export interface UnfannedEvent {
  readonly event: EventRecord;
  /** The ids that people use for the order and that no earlier event had. */
  readonly newIds: readonly string[];
  /** A newer event was fanned out before this one. */
  readonly isLate: boolean;
  /** The previous event that is an order; absent for the first one. */
  readonly previousSnapshot?: EventRecord;
  /** The previous event that is not without a snapshot; absent for the first one. */
  readonly before?: EventKey;
}

/**
 * Reads an order's events, newest first. Stops at the first event that is fanned out and a minute older than the oldest
 * event that the messages name, and is an order if the changes of another one depend on it.
 * @returns the events that are not fanned out, oldest first
 */
export async function eventsToFanOut(
  context: SendingContext,
  orderKey: OrderKey,
  messages: readonly EventMessage[],
): Promise<UnfannedEvent[]> {
  const times = messages.map((message) => eventTime(message.eventId).getTime());
  const farEnough = firstEventIdAt(after(new Date(Math.min(...times)), -LATE_WRITE_MS));
  const newestFirst: EventRecord[] = [];
  for await (const event of context.eventLog.eventsNewestFirst(orderKey, { outline: true })) {
    newestFirst.push(event);
    if (event.fannedOutAt !== undefined && event.eventId < farEnough && isEnough(newestFirst)) break;
  }
  return backlogOf(newestFirst.reverse());
}

/** Changes need the snapshot before. The event before may be no order. */
function isEnough(newestFirst: readonly EventRecord[]): boolean {
  const needsSnapshot = newestFirst.some(({ fannedOutAt, items }) => !fannedOutAt && items !== undefined);
  return !needsSnapshot || newestFirst.at(-1)?.items !== undefined;
}

function backlogOf(oldestFirst: readonly EventRecord[]): UnfannedEvent[] {
  const backlog: UnfannedEvent[] = [];
  const newestFannedOut = oldestFirst.findLast(({ fannedOutAt }) => fannedOutAt !== undefined);
  let previousSnapshot: EventRecord | undefined;
  let before: EventKey | undefined;
  const knownIds = new Set(oldestFirst.filter((event) => event.fannedOutAt !== undefined).flatMap(idsOf));
  for (const event of oldestFirst) {
    const ids = idsOf(event);
    if (event.fannedOutAt === undefined) {
      backlog.push({
        event,
        newIds: ids.filter((id) => !knownIds.has(id)),
        // Stryker disable next-line EqualityOperator: this event is not fanned out, so it is not the newest that is
        isLate: newestFannedOut !== undefined && newestFannedOut.eventId > event.eventId,
        ...(previousSnapshot !== undefined && { previousSnapshot }),
        ...(before !== undefined && { before }),
      });
    }
    // The order continues without a quarantined event, which may never write its aliases.
    if (event.quarantinedUntil === undefined && event.abandonedAt === undefined)
      for (const id of ids) knownIds.add(id);
    if (event.items !== undefined) previousSnapshot = event;
    if (!lacksSnapshot(event)) before = event;
  }
  return backlog;
}

/**
 * The ids that need an alias: the nice id, and an order id in mixed case. Look-ups ignore case; they find every other order
 * id by its partition.
 */
function idsOf({ orderKey, orderId, niceId }: EventRecord): string[] {
  if (isRelayEvent(orderKey)) return [];
  const isMixed =
    orderId !== undefined && orderId !== orderId.toLowerCase() && orderId !== orderId.toUpperCase();
  const isSame = orderId?.toLowerCase() === niceId?.toLowerCase();
  return [...(niceId === undefined ? [] : [niceId]), ...(isMixed && !isSame ? [orderId] : [])];
}
