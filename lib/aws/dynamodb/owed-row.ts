/** An entry of the `owed` index, which holds nothing but the keys of the row that is owed. */
import type { OwedItem } from '../../relay/ports/event-log.ts';
import type { Telemetry } from '../../relay/ports/telemetry.ts';
import { parseRowKey } from './event-log-keys.ts';
import { moment, type Row } from './row.ts';

/** Nothing, and a warning, for a row that somebody put there whom sweep could not follow. */
export function readOwed(row: Row, telemetry: Telemetry): OwedItem[] {
  const key = parseRowKey(row.orderKey, row.sk);
  const dueAt = moment.safeParse(row.dueAt);
  if (key !== undefined && dueAt.success && typeof row.owedTo === 'string') {
    return [{ ...key, owedTo: row.owedTo, dueAt: dueAt.data }];
  }
  const wrong = key === undefined ? 'key' : 'dueAt';
  telemetry.warn('owed row passed over: an attribute is not as the relay writes it', {
    orderKey: String(row.orderKey),
    sk: String(row.sk),
    attribute: wrong,
  });
  return [];
}
