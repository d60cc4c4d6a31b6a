/** Reads a list of unfinished work, page by page, through the `owed` indexes of events and deliveries. */
import type { OwedItem } from '../relay/ports/event-log.ts';
import type { Telemetry } from '../relay/ports/telemetry.ts';
import { moment } from '../relay/rows/read-attributes.ts';
import type { Connection, FoundRow } from './connection.ts';
import { orStoreFailure } from './failures.ts';
import { toDeliveryKey, toEventKey } from './keys.ts';

/** Sorts before any text that a person may have typed as a time. */
const BEFORE_ALL_TIMES = ' ';
const AFTER_ALL_TEXTS = '\u{10ffff}';

export interface OwedRange {
  readonly owedTo: string;
  readonly dueSince?: Date | undefined;
  /** Exclusive. */
  readonly dueBefore?: Date | undefined;
  readonly newestFirst?: boolean;
  readonly pageSize: number;
}

export async function* owedPages(
  reader: Connection,
  telemetry: Telemetry,
  range: OwedRange,
): AsyncGenerator<OwedItem[], void, undefined> {
  const { owedTo, dueSince, dueBefore, newestFirst = false, pageSize } = range;
  const sql = newestFirst ? NEWEST_FIRST : OLDEST_FIRST;
  let since = dueSince?.toISOString() ?? BEFORE_ALL_TIMES;
  let until = dueBefore ? new Date(dueBefore.getTime() - 1).toISOString() : AFTER_ALL_TEXTS;
  const edge = newestFirst ? AFTER_ALL_TEXTS : '';
  let after: string[] = [edge, edge, edge, edge];
  for (;;) {
    const rows = orStoreFailure('reading what is owed', () =>
      reader.all(sql, owedTo, since, until, ...after, pageSize),
    );
    yield rows.flatMap((row) => toOwedItem(row, telemetry));
    const last = rows.at(-1);
    if (last === undefined || rows.length < pageSize) return;
    after = [last.dueAt, last.orderKey, last.eventId, last.endpointId].map(String);
    if (newestFirst) until = String(last.dueAt);
    else since = String(last.dueAt);
  }
}

const OLDEST_FIRST = listed('>', 'ASC');
const NEWEST_FIRST = listed('<', 'DESC');

/** SQLite merges the two index lookups: no row is read that is not in the page. */
function listed(comparison: '<' | '>', order: 'ASC' | 'DESC'): string {
  const range = `owedTo = ?1 AND dueAt >= ?2 AND dueAt <= ?3`;
  const next = (endpointId: string) =>
    `(dueAt, orderKey, eventId, ${endpointId}) ${comparison} (?4, ?5, ?6, ?7)`;
  return `
    SELECT dueAt, orderKey, eventId, '' AS endpointId, owedTo FROM event
    WHERE ${range} AND ${next("''")}
    UNION ALL
    SELECT dueAt, orderKey, eventId, endpointId, owedTo FROM delivery
    WHERE ${range} AND ${next('endpointId')}
    ORDER BY dueAt ${order}, orderKey ${order}, eventId ${order}, endpointId ${order}
    LIMIT ?8`;
}

/** Skips a row that a person wrote in a form that sweep could not process. */
function toOwedItem(row: FoundRow, telemetry: Telemetry): OwedItem[] {
  const { owedTo, dueAt, orderKey, eventId, endpointId } = row;
  const due = moment.safeParse(dueAt);
  if (due.success && typeof owedTo === 'string') {
    const owed = { owedTo, dueAt: due.data };
    if (endpointId === '') {
      const event = toEventKey(orderKey, eventId);
      if (event !== undefined) return [{ kind: 'event', ...event, ...owed }];
    } else {
      const delivery = toDeliveryKey(orderKey, eventId, endpointId);
      if (delivery !== undefined) return [{ kind: 'delivery', ...delivery, ...owed }];
    }
  }
  telemetry.warn('owed row passed over: an attribute is not as the relay writes it', {
    orderKey: String(orderKey),
    eventId: String(eventId),
    attribute: due.success ? 'key' : 'dueAt',
  });
  // Nobody does this work until a person corrects the row.
  telemetry.count('WorkFailures');
  return [];
}
