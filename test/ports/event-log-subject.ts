/** The event log under test, and what the tests of its promises do with it again and again. */
import { beforeEach } from 'vitest';
import { after as later } from '../../lib/relay/model/clock.ts';
import type { EventKey, EventRecord } from '../../lib/relay/model/event.ts';
import { type Alias, type OrderKey, shardOf } from '../../lib/relay/model/ids.ts';
import type { EventLog } from '../../lib/relay/ports/event-log.ts';
import type { MemoryClock } from '../memory/clock.ts';
import { aPayload } from './builders.ts';

export const MINUTE_MS = 60_000;
export const DAY_MS = 24 * 60 * MINUTE_MS;

export interface EventLogSubject {
  readonly eventLog: EventLog;
  /** The clock that the log goes by. Rows are to be kept for 30 days of it. */
  readonly clock: MemoryClock;
  /** Erases a payload as an operator does; false when there is none, or it is erased already. */
  erasePayload(key: EventKey): Promise<boolean>;
  /** Notes in the event's row, as an operator does, that its payload was erased; false when there is no such event. */
  noteForgotten(key: EventKey): Promise<boolean>;
  /** The aliases of an id. */
  aliasesOf(aliasKey: OrderKey): Promise<Alias[]>;
}

/** The list of the `owed` index that an event stands in. */
export const listOf = (event: EventRecord): string => `fan-out#${shardOf(event.eventId)}`;

/** @param make gives an empty log, before each test */
export function useEventLog(make: () => Promise<EventLogSubject>) {
  let subject: EventLogSubject | undefined;
  beforeEach(async () => {
    subject = await make();
  });
  function given(): EventLogSubject {
    if (subject === undefined) throw new Error('there is a log only while a test runs');
    return subject;
  }

  return {
    get eventLog() {
      return given().eventLog;
    },
    get clock() {
      return given().clock;
    },
    aliasesOf: async (aliasKey: OrderKey) =>
      (await given().aliasesOf(aliasKey)).sort((a, b) => (a.orderKey < b.orderKey ? -1 : 1)),
    /** When an event that is stored now is due for its fan-out. */
    dueAt: () => later(given().clock.now(), 2 * MINUTE_MS),
    farFuture: () => later(given().clock.now(), 1_000 * DAY_MS),
    /** As ingest does: in one transaction, or the payload first. */
    async store(event: EventRecord, payload = aPayload()): Promise<void> {
      const { eventLog } = given();
      if (eventLog.putEventWithPayload !== undefined)
        return eventLog.putEventWithPayload(event, payload, this.dueAt());
      await eventLog.putPayload(event, payload);
      await eventLog.putEvent(event, this.dueAt());
    },
    erasePayload: (key: EventKey) => given().erasePayload(key),
    async eventIdsOf(orderKey: OrderKey): Promise<string[]> {
      const ids: string[] = [];
      for await (const { eventId } of given().eventLog.eventsNewestFirst(orderKey)) ids.push(eventId);
      return ids;
    },
  };
}
