/** Reads the `owed` index. An entry holds only the keys of the row with unfinished work. */
import { OWED_INDEX } from '../../contract/tables.ts';
import type { OwedItem } from '../../relay/ports/event-log.ts';
import type { Telemetry } from '../../relay/ports/telemetry.ts';
import type { Row } from '../../relay/rows/attributes.ts';
import { moment } from '../../relay/rows/read-attributes.ts';
import type { DynamoTable } from './dynamo-table.ts';
import { parseRowKey } from './event-log-keys.ts';

/** Sorts before any text that a person may have typed as a time. */
const BEFORE_ALL_TIMES = ' ';

export interface OwedRange {
  readonly owedTo: string;
  readonly dueSince?: Date | undefined;
  /** Exclusive. */
  readonly dueBefore?: Date | undefined;
  readonly newestFirst?: boolean;
  readonly pageSize: number;
}

export class OwedIndex {
  readonly #table: DynamoTable;
  readonly #telemetry: Telemetry;

  constructor(table: DynamoTable, telemetry: Telemetry) {
    this.#table = table;
    this.#telemetry = telemetry;
  }

  async *pages(range: OwedRange): AsyncGenerator<OwedItem[], void, undefined> {
    const { owedTo, dueSince, dueBefore, newestFirst = false, pageSize } = range;
    const since = dueSince?.toISOString() ?? BEFORE_ALL_TIMES;
    const query = {
      IndexName: OWED_INDEX.name,
      KeyConditionExpression: `owedTo = :owedTo AND dueAt ${dueBefore ? 'BETWEEN :since AND :until' : '>= :since'}`,
      ExpressionAttributeValues: {
        ':owedTo': owedTo,
        ':since': since,
        // A sort key takes one condition, and BETWEEN includes both bounds.
        ...(dueBefore && { ':until': new Date(dueBefore.getTime() - 1).toISOString() }),
      },
      ScanIndexForward: !newestFirst,
    };
    for await (const rows of this.#table.pages('reading what is owed', query, [pageSize])) {
      yield rows.flatMap((row) => this.#parse(row));
    }
  }

  /** Skips an entry that a person wrote in a form that sweep could not process. */
  #parse(row: Row): OwedItem[] {
    const key = parseRowKey(row.orderKey, row.sk);
    const dueAt = moment.safeParse(row.dueAt);
    if (key !== undefined && dueAt.success && typeof row.owedTo === 'string') {
      return [{ ...key, owedTo: row.owedTo, dueAt: dueAt.data }];
    }
    this.#telemetry.warn('owed row passed over: an attribute is not as the relay writes it', {
      orderKey: String(row.orderKey),
      sk: String(row.sk),
      attribute: key === undefined ? 'key' : 'dueAt',
    });
    // Nobody does this work until a person corrects the row.
    this.#telemetry.count('WorkFailures');
    return [];
  }
}
