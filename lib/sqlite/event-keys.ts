/** Lists the keys of events by time, page by page, through the index `eventByTime`. */
import type { EventKey } from '../relay/model/event.ts';
import { type EventId, firstEventIdAt } from '../relay/model/ids.ts';
import type { Connection } from './connection.ts';
import { orStoreFailure } from './failures.ts';
import { toEventKey } from './keys.ts';

export interface TimeRange {
  readonly since: Date;
  /** Exclusive. */
  readonly before: EventId;
  readonly oldestFirst?: boolean;
  readonly pageSize: number;
}

export async function* eventKeys(
  reader: Connection,
  { since, before, oldestFirst = false, pageSize }: TimeRange,
): AsyncGenerator<EventKey, void, undefined> {
  const sql = oldestFirst ? OLDEST_FIRST : NEWEST_FIRST;
  // Both ends are exclusive. Several orders may have an event with the same id.
  let from: [string, string] = [firstEventIdAt(since), ''];
  let to: [string, string] = [before, ''];
  for (;;) {
    const rows = orStoreFailure('listing events', () => reader.all(sql, ...from, ...to, pageSize));
    for (const { orderKey, eventId } of rows) {
      const key = toEventKey(orderKey, eventId);
      if (key !== undefined) yield key;
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < pageSize) return;
    const edge: [string, string] = [String(last.eventId), String(last.orderKey)];
    if (oldestFirst) from = edge;
    else to = edge;
  }
}

const OLDEST_FIRST = listed('ASC');
const NEWEST_FIRST = listed('DESC');

function listed(order: 'ASC' | 'DESC'): string {
  return `
    SELECT orderKey, eventId FROM event
    WHERE (eventId, orderKey) > (?, ?) AND (eventId, orderKey) < (?, ?)
    ORDER BY eventId ${order}, orderKey ${order} LIMIT ?`;
}
