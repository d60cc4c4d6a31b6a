/** The EventReader port over the EventLog table: lists by time, lookups by event id, and batch reads. */
import {
  BatchGetCommand,
  type BatchGetCommandInput,
  type DynamoDBDocumentClient,
} from '@aws-sdk/lib-dynamodb';
import { RETENTION_DAYS } from '../../contract/retention.ts';
import { DYNAMODB } from '../../contract/service-limits.ts';
import { after, type Clock } from '../../relay/model/clock.ts';
import type { Delivery, DeliveryKey } from '../../relay/model/delivery.ts';
import type { EventKey, EventRecord } from '../../relay/model/event.ts';
import {
  type Alias,
  type EndpointId,
  type EventId,
  eventTime,
  type OrderKey,
  sourceOf,
} from '../../relay/model/ids.ts';
import { inBatches } from '../../relay/model/in-batches.ts';
import { mergeSorted } from '../../relay/model/merge-sorted.ts';
import { type OwedItem, StoreError, UnreadableRowError } from '../../relay/ports/event-log.ts';
import type {
  CancelledList,
  EventQuery,
  EventRange,
  EventReader,
  OwedQuery,
} from '../../relay/ports/operator.ts';
import type { Telemetry } from '../../relay/ports/telemetry.ts';
import type { Row } from '../../relay/rows/attributes.ts';
import { readDelivery } from '../../relay/rows/delivery-attributes.ts';
import { readEvent } from '../../relay/rows/read-event.ts';
import { fromAliasRow } from './alias-row.ts';
import { ByEndpointIndex } from './by-endpoint-index.ts';
import { ByTimeIndex, daysBetween } from './by-time-index.ts';
import { DynamoTable } from './dynamo-table.ts';
import { ALIAS_PREFIX, deliveryRowKey, eventRowKey, type RowKey, rowsOf } from './event-log-keys.ts';
import { OwedIndex } from './owed-index.ts';
import { isExpired } from './row-expiry.ts';

const DAY_MS = 24 * 60 * 60_000;
/** An event's id may be this far ahead of this machine's clock. */
const AHEAD_MS = 60 * 60_000;
/** Delays before the unprocessed keys of a batch are requested again. */
const BATCH_REPEAT_DELAYS_MS = [50, 100, 200, 400];

export interface DynamoEventReaderOptions {
  readonly client: DynamoDBDocumentClient;
  readonly tableName: string;
  readonly clock: Clock;
  /** Receives warnings about rows that cannot be read. */
  readonly telemetry: Telemetry;
}

export class DynamoEventReader implements EventReader {
  readonly #client: DynamoDBDocumentClient;
  readonly #tableName: string;
  readonly #table: DynamoTable;
  readonly #owedIndex: OwedIndex;
  readonly #byTimeIndex: ByTimeIndex;
  readonly #byEndpointIndex: ByEndpointIndex;
  readonly #clock: Clock;
  readonly #telemetry: Telemetry;

  constructor({ client, tableName, clock, telemetry }: DynamoEventReaderOptions) {
    this.#client = client;
    this.#tableName = tableName;
    this.#table = new DynamoTable(client, tableName);
    this.#owedIndex = new OwedIndex(this.#table, telemetry);
    this.#byTimeIndex = new ByTimeIndex(this.#table);
    this.#byEndpointIndex = new ByEndpointIndex(this.#table);
    this.#clock = clock;
    this.#telemetry = telemetry;
  }

  async orderOfEvent(eventId: EventId): Promise<OrderKey | undefined> {
    return (await this.#byTimeIndex.find(eventId))?.orderKey;
  }

  async aliasesOf(aliasKey: OrderKey): Promise<Alias[]> {
    const aliases: Alias[] = [];
    for await (const rows of this.#table.pages('reading aliases', rowsOf(aliasKey, ALIAS_PREFIX)))
      for (const row of rows) {
        const alias = isExpired(row, this.#clock.now()) ? undefined : fromAliasRow(aliasKey, row);
        if (alias !== undefined) aliases.push(alias);
      }
    return aliases;
  }

  async newest({ since, source, limit }: EventQuery): Promise<EventRecord[]> {
    const found: EventRecord[] = [];
    let batch: EventKey[] = [];
    for await (const key of this.eventKeys({ since, pageSize: limit })) {
      if (source !== undefined && sourceOf(key.orderKey) !== source) continue;
      batch.push(key);
      if (batch.length < Math.min(limit - found.length, DYNAMODB.batchGetKeys)) continue;
      found.push(...(await this.eventsOf(batch)));
      if (found.length >= limit) return found;
      batch = [];
    }
    return [...found, ...(await this.eventsOf(batch))];
  }

  oldestFirst(since: Date): AsyncGenerator<EventRecord[], void, undefined> {
    return this.#eventsInBatches(
      this.eventKeys({ since, oldestFirst: true, pageSize: DYNAMODB.batchGetKeys }),
      DYNAMODB.batchGetKeys,
    );
  }

  newestFirst(since: Date, batchSize: number): AsyncGenerator<EventRecord[], void, undefined> {
    return this.#eventsInBatches(this.eventKeys({ since, pageSize: batchSize }), batchSize);
  }

  async *#eventsInBatches(
    keys: AsyncIterable<EventKey>,
    batchSize: number,
  ): AsyncGenerator<EventRecord[], void, undefined> {
    for await (const batch of inBatches(keys, batchSize)) yield await this.eventsOf(batch);
  }

  owed(lists: readonly string[], query: OwedQuery): AsyncGenerator<OwedItem, void, undefined> {
    const isEarlier = (item: OwedItem, other: OwedItem) => item.dueAt < other.dueAt;
    const isLater = (item: OwedItem, other: OwedItem) => item.dueAt > other.dueAt;
    return mergeSorted(
      lists.map((list) => this.#owedTo(list, query)),
      query.backwards ? isLater : isEarlier,
    );
  }

  async *#owedTo(
    list: string,
    { dueSince, dueBefore, backwards = false, pageSize }: OwedQuery,
  ): AsyncGenerator<OwedItem, void, undefined> {
    const range = { owedTo: list, dueSince, dueBefore, newestFirst: backwards, pageSize };
    for await (const items of this.#owedIndex.pages(range)) yield* items;
  }

  async *eventKeys(range: EventRange): AsyncGenerator<EventKey, void, undefined> {
    const { before, oldestFirst = false, pageSize } = range;
    const since = this.#earliest(range.since);
    const days = daysBetween(since, this.#latest(before));
    const ofDay = { since, before, newestFirst: !oldestFirst, pageSizes: [pageSize] };
    for (const day of oldestFirst ? days : days.toReversed()) yield* this.#byTimeIndex.eventsOf(day, ofDay);
  }

  deliveryKeys(endpointId: EndpointId, range: EventRange): AsyncGenerator<DeliveryKey, void, undefined> {
    return this.#byEndpointIndex.deliveriesOf(endpointId, range);
  }

  cancelledEventKeys(
    lists: readonly CancelledList[],
    range: EventRange,
  ): AsyncGenerator<EventKey, void, undefined> {
    return this.#byEndpointIndex.cancelledEvents(lists, range);
  }

  async eventsOf(keys: readonly EventKey[]): Promise<EventRecord[]> {
    return this.#rowsOf(keys, eventRowKey, readEvent);
  }

  async deliveriesOf(keys: readonly DeliveryKey[]): Promise<Delivery[]> {
    const found = await this.#rowsOf(keys, deliveryRowKey, (key, row) => this.#readDelivery(key, row));
    return found.filter((delivery) => delivery !== undefined);
  }

  #readDelivery(key: DeliveryKey, row: Row): Delivery | undefined {
    try {
      return readDelivery(key, row);
    } catch (error) {
      // One row that a person edited wrongly must not hide the others.
      if (!(error instanceof UnreadableRowError)) throw error;
      this.#telemetry.warn(`passed over: ${error.message}`);
      return undefined;
    }
  }

  /** No event is older than the longest retention. */
  #earliest(since: Date): Date {
    const oldest = after(this.#clock.now(), -RETENTION_DAYS.max * DAY_MS);
    return since < oldest ? oldest : since;
  }

  #latest(before: EventId | undefined): Date {
    return before === undefined ? after(this.#clock.now(), AHEAD_MS) : eventTime(before);
  }

  /** Consistent reads. The indexes that supply the keys are only eventually consistent. */
  async #rowsOf<Key, Record>(
    keys: readonly Key[],
    rowKeyOf: (key: Key) => RowKey,
    read: (key: Key, row: Row) => Record,
  ): Promise<Record[]> {
    const found = new Map<string, Row>();
    // DynamoDB refuses a batch with the same key twice.
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
