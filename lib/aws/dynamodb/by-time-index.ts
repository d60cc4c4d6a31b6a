/** Reads the `byTime` index: the keys of events by arrival, day by day, with each day split into shards. */
import { BY_TIME_INDEX } from '../../contract/tables.ts';
import type { EventKey } from '../../relay/model/event.ts';
import type { EventId } from '../../relay/model/ids.ts';
import { mergeSorted } from '../../relay/model/merge-sorted.ts';
import type { DynamoTable } from './dynamo-table.ts';
import { dayOf, daysOf, parseRowKey } from './event-log-keys.ts';
import { eventIdCondition, isEarlier, isLater } from './event-range.ts';

const DAY_MS = 24 * 60 * 60_000;

export interface DayRange {
  readonly since: Date;
  /** Exclusive. */
  readonly before?: EventId | undefined;
  readonly newestFirst: boolean;
  /** Rows to read per page, the last number for all further pages. */
  readonly pageSizes: readonly number[];
}

export class ByTimeIndex {
  readonly #table: DynamoTable;

  constructor(table: DynamoTable) {
    this.#table = table;
  }

  async find(eventId: EventId): Promise<EventKey | undefined> {
    const query = {
      KeyConditionExpression: '#day = :day AND eventId = :eventId',
      ExpressionAttributeValues: { ':day': dayOf(eventId), ':eventId': eventId },
    };
    for await (const key of this.#keys('finding an event', query)) return key;
    return undefined;
  }

  /** The events of one day in order, its shards merged. */
  eventsOf(day: Date, range: DayRange): AsyncGenerator<EventKey, void, undefined> {
    const shards = daysOf(day).map((shard) => this.#eventsOfShard(shard, range));
    return mergeSorted(shards, range.newestFirst ? isLater : isEarlier);
  }

  async *#eventsOfShard(
    shard: string,
    { since, before, newestFirst, pageSizes }: DayRange,
  ): AsyncGenerator<EventKey, void, undefined> {
    const ids = eventIdCondition({ since, before });
    if (ids === undefined) return;
    const query = {
      KeyConditionExpression: `#day = :day AND ${ids.expression}`,
      ExpressionAttributeValues: { ':day': shard, ...ids.values },
      ScanIndexForward: !newestFirst,
    };
    yield* this.#keys('listing events', query, pageSizes);
  }

  async *#keys(
    what: string,
    query: Parameters<DynamoTable['pages']>[1],
    pageSizes?: readonly number[],
  ): AsyncGenerator<EventKey, void, undefined> {
    const named = {
      ...query,
      IndexName: BY_TIME_INDEX.name,
      ExpressionAttributeNames: { '#day': BY_TIME_INDEX.partitionKey },
    };
    for await (const rows of this.#table.pages(what, named, pageSizes)) {
      for (const row of rows) {
        const key = parseRowKey(row.orderKey, row.sk);
        if (key?.kind === 'event') yield key;
      }
    }
  }
}

/** Every UTC day from `since` to `until`, both included, oldest first. */
export function daysBetween(since: Date, until: Date): Date[] {
  const first = Math.floor(since.getTime() / DAY_MS);
  const last = Math.floor(until.getTime() / DAY_MS);
  return Array.from(
    { length: Math.max(0, last - first + 1) },
    (_, index) => new Date((first + index) * DAY_MS),
  );
}
