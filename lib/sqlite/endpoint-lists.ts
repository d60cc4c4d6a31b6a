/** Lists the events of an endpoint, page by page: those with a delivery row, and those that fan-out cancelled. */
import type { EventKey } from '../relay/model/event.ts';
import { firstEventIdAt } from '../relay/model/ids.ts';
import type { EventRange } from '../relay/ports/operator.ts';
import type { Connection } from './connection.ts';
import { orStoreFailure } from './failures.ts';
import { toEventKey } from './keys.ts';

const AFTER_ALL_TEXTS = '\u{10ffff}';

/** The column that names the list, in each table. */
const LIST_COLUMNS = { delivery: 'endpointId', event: 'listedFor' } as const;

export async function* listedKeys(
  reader: Connection,
  table: keyof typeof LIST_COLUMNS,
  list: string,
  { since, before, oldestFirst = false, pageSize }: EventRange,
): AsyncGenerator<EventKey, void, undefined> {
  const sql = selection(table, oldestFirst ? 'ASC' : 'DESC');
  // Both ends are exclusive. Several orders may have an event with the same id.
  let from: [string, string] = [firstEventIdAt(since), ''];
  let to: [string, string] = [before ?? AFTER_ALL_TEXTS, ''];
  for (;;) {
    const rows = orStoreFailure('listing events by endpoint', () =>
      reader.all(sql, list, ...from, ...to, pageSize),
    );
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

function selection(table: keyof typeof LIST_COLUMNS, order: 'ASC' | 'DESC'): string {
  return `
    SELECT orderKey, eventId FROM ${table}
    WHERE ${LIST_COLUMNS[table]} = ? AND (eventId, orderKey) > (?, ?) AND (eventId, orderKey) < (?, ?)
    ORDER BY eventId ${order}, orderKey ${order} LIMIT ?`;
}
