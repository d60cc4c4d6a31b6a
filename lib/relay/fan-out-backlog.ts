/** Which events of an order are still to be fanned out. */
import type { Item } from './changes.ts';
import { after } from './clock.ts';
import type { EventKey, EventRecord } from './event.ts';
import { eventTime, firstEventIdAt, type OrderKey } from './ids.ts';
import type { EventMessage } from './ports.ts';
import type { SendingRelay } from './relay.ts';

/** A slow ingest may write its row that much later than a faster one wrote a newer row. */
const LATE_WRITE_MS = 60_000;

export interface OwedEvent {
  readonly event: EventRecord;
  /** True for the first that is known of its order. */
  readonly first: boolean;
  /** Events that are newer and fanned out already: this one is late. */
  readonly newer: readonly EventRecord[];
  /**
   * A newer event that is owed to fan-out as well, and that an earlier run may have sent before it failed or died: in
   * that case alone, for otherwise each is sent in its turn.
   */
  readonly newerMayBeSent?: EventRecord;
  /** An earlier run may have sent this very event. */
  readonly mayBeSent?: boolean;
  /** The items of the newest snapshot before it; none when there was none. */
  readonly itemsBefore: readonly Item[];
  /** The newest event before it; absent for the first. */
  readonly before?: EventKey;
}

/**
 * Reads an order from its newest event back to the first that is fanned out and a minute older than the oldest
 * event it was woken for, and gives those not yet fanned out, oldest first.
 */
export async function eventsToFanOut(
  relay: SendingRelay,
  orderKey: OrderKey,
  wokenFor: readonly EventMessage[],
): Promise<OwedEvent[]> {
  const times = wokenFor.map((message) => eventTime(message.eventId).getTime());
  const farEnough = firstEventIdAt(after(new Date(Math.min(...times)), -LATE_WRITE_MS));
  const newestFirst: EventRecord[] = [];
  for await (const event of relay.eventLog.eventsNewestFirst(orderKey)) {
    newestFirst.push(event);
    if (event.fannedOutAt !== undefined && event.eventId < farEnough) break;
  }
  const owed = owedOf(newestFirst.reverse());
  return wokenFor.some(({ receivedBefore }) => receivedBefore) ? markRepeated(owed) : owed;
}

/** An earlier run may have sent the newest of what is owed. */
function markRepeated(owed: readonly OwedEvent[]): OwedEvent[] {
  const newest = owed.at(-1)?.event;
  return owed.map((each) => ({
    ...each,
    mayBeSent: true,
    ...(newest !== undefined && each.event.eventId < newest.eventId && { newerMayBeSent: newest }),
  }));
}

function owedOf(oldestFirst: readonly EventRecord[]): OwedEvent[] {
  const owed: OwedEvent[] = [];
  const fannedOut = oldestFirst.filter((event) => event.fannedOutAt !== undefined);
  let itemsBefore: readonly Item[] = [];
  let before: EventKey | undefined;
  for (const [index, event] of oldestFirst.entries()) {
    // What the reading stopped at is fanned out, so an owed event at the start is the first of its order.
    if (event.fannedOutAt === undefined) {
      const newer = fannedOut.filter(({ eventId }) => eventId > event.eventId);
      const tried = oldestFirst.findLast(mayHaveBeenSent);
      const newerMayBeSent = tried !== undefined &&
        tried.eventId > event.eventId && { newerMayBeSent: tried };
      owed.push({
        event,
        first: index === 0,
        newer,
        itemsBefore,
        ...(before !== undefined && { before }),
        mayBeSent: mayHaveBeenSent(event),
        ...newerMayBeSent,
      });
    }
    itemsBefore = event.items ?? itemsBefore;
    before = event;
  }
  return owed;
}

function mayHaveBeenSent({ fannedOutAt, fanOutTries = 0 }: EventRecord): boolean {
  return fannedOutAt === undefined && fanOutTries > 0;
}
