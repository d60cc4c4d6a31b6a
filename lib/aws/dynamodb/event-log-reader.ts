/** The EventReader port over the EventLog table: by time, by event id alone, many rows of a list at once. */
import {
  BatchGetCommand,
  type BatchGetCommandInput,
  type DynamoDBDocumentClient,
} from '@aws-sdk/lib-dynamodb';
import { RETENTION_DAYS } from '../../contract/retention.ts';
import { DYNAMODB } from '../../contract/service-limits.ts';
import { BY_TIME_INDEX, OWED_INDEX } from '../../contract/tables.ts';
import { after, type Clock } from '../../relay/model/clock.ts';
import type { Delivery, DeliveryKey } from '../../relay/model/delivery.ts';
import type { EventKey, EventRecord } from '../../relay/model/event.ts';
import { type EventId, firstEventIdAt, type OrderKey, sourceOf } from '../../relay/model/ids.ts';
import { type OwedItem, StoreError, UnreadableRowError } from '../../relay/ports/event-log.ts';
import type { EventQuery, EventReader, OwedQuery } from '../../relay/ports/operator.ts';
import type { Telemetry } from '../../relay/ports/telemetry.ts';
import { fromAliasRow } from './alias-row.ts';
import { fromDeliveryRow } from './delivery-row.ts';
import { DynamoTable } from './dynamo-table.ts';
import {
  aliasRowKey,
  dayOf,
  daysOf,
  deliveryRowKey,
  eventRowKey,
  parseRowKey,
  type RowKey,
} from './event-log-keys.ts';
import { fromEventRow } from './event-row.ts';
import { merged } from './merge-sorted.ts';
import { readOwed } from './owed-row.ts';
import { isExpired, type Row } from './row.ts';

const DAY_MS = 24 * 60 * 60_000;
/** How far an event's id may be ahead of this machine's clock. */
const AHEAD_MS = 60 * 60_000;
/** Waits before a batch's unprocessed keys are asked for again. */
const BATCH_REPEAT_DELAYS_MS = [50, 100, 200, 400];

export interface DynamoEventReaderOptions {
  readonly client: DynamoDBDocumentClient;
  readonly tableName: string;
  readonly clock: Clock;
  /** Hears of rows that cannot be read. */
  readonly telemetry: Telemetry;
}

export class DynamoEventReader implements EventReader {
  readonly #client: DynamoDBDocumentClient;
  readonly #tableName: string;
  readonly #table: DynamoTable;
  readonly #clock: Clock;
  readonly #telemetry: Telemetry;

  constructor({ client, tableName, clock, telemetry }: DynamoEventReaderOptions) {
    this.#client = client;
    this.#tableName = tableName;
    this.#table = new DynamoTable(client, tableName);
    this.#clock = clock;
    this.#telemetry = telemetry;
  }

  async orderOfEvent(eventId: EventId): Promise<OrderKey | undefined> {
    const query = {
      IndexName: BY_TIME_INDEX.name,
      KeyConditionExpression: '#day = :day AND eventId = :eventId',
      ExpressionAttributeNames: { '#day': 'day' },
      ExpressionAttributeValues: { ':day': dayOf(eventId), ':eventId': eventId },
    };
    for await (const keys of this.#keyPages('finding an event', query)) {
      for (const key of keys) return key.orderKey;
    }
    return undefined;
  }

  async orderOfAlias(aliasKey: OrderKey): Promise<OrderKey | undefined> {
    const row = await this.#table.get('reading an alias', aliasRowKey(aliasKey));
    return row && !isExpired(row, this.#clock.now()) ? fromAliasRow(row) : undefined;
  }

  async newest({ since, source, limit }: EventQuery): Promise<EventRecord[]> {
    const found: EventRecord[] = [];
    let batch: EventKey[] = [];
    for await (const key of this.#keysNewestFirst(since, limit)) {
      if (source !== undefined && sourceOf(key.orderKey) !== source) continue;
      batch.push(key);
      if (batch.length < Math.min(limit - found.length, DYNAMODB.batchGetKeys)) continue;
      found.push(...(await this.eventsOf(batch)));
      if (found.length >= limit) return found;
      batch = [];
    }
    return [...found, ...(await this.eventsOf(batch))];
  }

  async *oldestFirst(since: Date): AsyncGenerator<EventRecord[], void, undefined> {
    let batch: EventKey[] = [];
    for await (const key of this.#keysOldestFirst(since)) {
      batch.push(key);
      if (batch.length < DYNAMODB.batchGetKeys) continue;
      yield await this.eventsOf(batch);
      batch = [];
    }
    if (batch.length > 0) yield await this.eventsOf(batch);
  }

  owed(lists: readonly string[], query: OwedQuery): AsyncGenerator<OwedItem, void, undefined> {
    const isEarlier = (item: OwedItem, other: OwedItem) => item.dueAt < other.dueAt;
    const isLater = (item: OwedItem, other: OwedItem) => item.dueAt > other.dueAt;
    return merged(
      lists.map((list) => this.#owedTo(list, query)),
      query.backwards ? isLater : isEarlier,
    );
  }

  async *#owedTo(
    list: string,
    { dueSince, backwards = false, pageSize }: OwedQuery,
  ): AsyncGenerator<OwedItem, void, undefined> {
    const query = {
      IndexName: OWED_INDEX.name,
      KeyConditionExpression: 'owedTo = :owedTo AND dueAt >= :dueSince',
      ExpressionAttributeValues: { ':owedTo': list, ':dueSince': dueSince.toISOString() },
      ScanIndexForward: !backwards,
    };
    for await (const rows of this.#table.pages('reading what is owed', query, [pageSize])) {
      yield* rows.flatMap((row) => readOwed(row, this.#telemetry));
    }
  }

  async eventsOf(keys: readonly EventKey[]): Promise<EventRecord[]> {
    return this.#rowsOf(keys, eventRowKey, fromEventRow);
  }

  async deliveriesOf(keys: readonly DeliveryKey[]): Promise<Delivery[]> {
    const found = await this.#rowsOf(keys, deliveryRowKey, (key, row) => this.#readDelivery(key, row));
    return found.filter((delivery) => delivery !== undefined);
  }

  #readDelivery(key: DeliveryKey, row: Row): Delivery | undefined {
    try {
      return fromDeliveryRow(key, row);
    } catch (error) {
      // One row that somebody has spoilt must not hide all the others.
      if (!(error instanceof UnreadableRowError)) throw error;
      this.#telemetry.warn(`passed over: ${error.message}`);
      return undefined;
    }
  }

  /** Day by day backwards, the shards of each day merged. */
  async *#keysNewestFirst(from: Date, pageSize: number): AsyncGenerator<EventKey, void, undefined> {
    const since = this.#earliest(from);
    for (const day of this.#daysSince(since).toReversed()) {
      yield* merged(this.#shardsOf(day, { since, pageSize, newestFirst: true }), isNewer);
    }
  }

  async *#keysOldestFirst(from: Date): AsyncGenerator<EventKey, void, undefined> {
    const since = this.#earliest(from);
    for (const day of this.#daysSince(since)) {
      const shards = this.#shardsOf(day, { since, pageSize: DYNAMODB.batchGetKeys, newestFirst: false });
      yield* merged(shards, (key, other) => isNewer(other, key));
    }
  }

  #earliest(since: Date): Date {
    return new Date(Math.max(since.getTime(), this.#clock.now().getTime() - RETENTION_DAYS.max * DAY_MS));
  }

  /** The days that may hold events. */
  #daysSince(since: Date): Date[] {
    const newest = after(this.#clock.now(), AHEAD_MS).getTime();
    const oldest = since.getTime();
    const days: Date[] = [];
    for (let day = oldest - (oldest % DAY_MS); day <= newest; day += DAY_MS) {
      days.push(new Date(day));
    }
    return days;
  }

  #shardsOf(day: Date, reading: KeyReading): AsyncGenerator<EventKey, void, undefined>[] {
    return daysOf(day).map((shard) => this.#keysOf(shard, reading));
  }

  async *#keysOf(
    shard: string,
    { since, pageSize, newestFirst }: KeyReading,
  ): AsyncGenerator<EventKey, void, undefined> {
    const query = {
      IndexName: BY_TIME_INDEX.name,
      KeyConditionExpression: '#day = :day AND eventId >= :since',
      ExpressionAttributeNames: { '#day': 'day' },
      ExpressionAttributeValues: { ':day': shard, ':since': firstEventIdAt(since) },
      ScanIndexForward: !newestFirst,
    };
    for await (const keys of this.#keyPages('listing events', query, [pageSize])) yield* keys;
  }

  async *#keyPages(
    what: string,
    query: Parameters<DynamoTable['pages']>[1],
    pageSizes?: readonly number[],
  ): AsyncGenerator<EventKey[], void, undefined> {
    for await (const rows of this.#table.pages(what, query, pageSizes)) {
      yield rows.flatMap((row) => {
        const key = parseRowKey(row.orderKey, row.sk);
        return key?.kind === 'event' ? [key] : [];
      });
    }
  }

  /** Consistent, though the lists that lead here are not: what a row says decides. */
  async #rowsOf<Key, Record>(
    keys: readonly Key[],
    rowKeyOf: (key: Key) => RowKey,
    read: (key: Key, row: Row) => Record,
  ): Promise<Record[]> {
    const found = new Map<string, Row>();
    // DynamoDB refuses to be asked for a row twice at once.
    const rowKeys = [
      ...new Map(keys.map(rowKeyOf).map((key) => [`${key.orderKey} ${key.sk}`, key])).values(),
    ];
    for (let start = 0; start < rowKeys.length; start += DYNAMODB.batchGetKeys) {
      const batch = await this.#rows(rowKeys.slice(start, start + DYNAMODB.batchGetKeys));
      for (const row of batch) found.set(`${row.orderKey} ${row.sk}`, row);
    }
    const now = this.#clock.now();
    return keys.flatMap((key) => {
      const { orderKey, sk } = rowKeyOf(key);
      const row = found.get(`${orderKey} ${sk}`);
      return row && !isExpired(row, now) ? [read(key, row)] : [];
    });
  }

  async #rows(keys: readonly RowKey[]): Promise<Row[]> {
    const found: Row[] = [];
    let asked: BatchGetCommandInput['RequestItems'] = {
      [this.#tableName]: { Keys: [...keys], ConsistentRead: true },
    };
    for (const delayMs of [...BATCH_REPEAT_DELAYS_MS, undefined]) {
      const { Responses, UnprocessedKeys } = await this.#batchGet(asked);
      found.push(...(Responses?.[this.#tableName] ?? []));
      if (UnprocessedKeys === undefined || Object.keys(UnprocessedKeys).length === 0) return found;
      asked = UnprocessedKeys;
      if (delayMs !== undefined) await this.#clock.sleep(delayMs);
    }
    throw new StoreError('reading rows failed: some were left unread again and again');
  }

  async #batchGet(RequestItems: BatchGetCommandInput['RequestItems']) {
    try {
      return await this.#client.send(new BatchGetCommand({ RequestItems }));
    } catch (cause) {
      throw new StoreError('reading rows failed', { cause });
    }
  }
}

/** How keys of one shard are read. */
interface KeyReading {
  readonly since: Date;
  readonly pageSize: number;
  readonly newestFirst: boolean;
}

const isNewer = (key: EventKey, other: EventKey) => key.eventId > other.eventId;
