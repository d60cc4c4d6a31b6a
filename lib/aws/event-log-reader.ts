/** Reads of the EventLog table that only an operator makes: by time, by event id alone, by the id people know. */
import {
  BatchGetCommand,
  type BatchGetCommandInput,
  type DynamoDBDocumentClient,
} from '@aws-sdk/lib-dynamodb';
import { after, type Clock } from '../relay/clock.ts';
import type { EventKey, EventRecord } from '../relay/event.ts';
import {
  type EventId,
  firstEventIdAt,
  type OrderKey,
  SHARDS,
  type SourceId,
  sourceOf,
} from '../relay/ids.ts';
import { StoreError } from '../relay/ports.ts';
import { fromAliasRow } from './alias-row.ts';
import { DynamoTable } from './dynamo-table.ts';
import { aliasRowKey, BY_TIME_INDEX, dayOf, eventRowKey, parseRowKey } from './event-log-keys.ts';
import { fromEventRow } from './event-row.ts';
import { isExpired, type Row } from './row.ts';

const DAY_MS = 24 * 60 * 60_000;
/** How far an event's id may be ahead of this machine's clock. */
const AHEAD_MS = 60 * 60_000;
/** DynamoDB's limit on the keys of a BatchGetItem. */
const ROWS_PER_BATCH = 100;
/** Waits before a batch's unprocessed keys are asked for again. */
const BATCH_REPEAT_DELAYS_MS = [50, 100, 200, 400];

export interface EventLogReaderOptions {
  readonly client: DynamoDBDocumentClient;
  readonly tableName: string;
  readonly clock: Clock;
}

/** Which events to list. */
export interface EventQuery {
  readonly since: Date;
  /** All when absent. */
  readonly source?: SourceId;
  readonly limit: number;
}

/** Reads are eventually consistent, for indexes can be read in no other way. Every method may reject with a StoreError. */
export class EventLogReader {
  readonly #client: DynamoDBDocumentClient;
  readonly #tableName: string;
  readonly #table: DynamoTable;
  readonly #clock: Clock;

  constructor({ client, tableName, clock }: EventLogReaderOptions) {
    this.#client = client;
    this.#tableName = tableName;
    this.#table = new DynamoTable(client, tableName);
    this.#clock = clock;
  }

  /** The order of an event of which nothing but the id is known. */
  async orderOfEvent(eventId: EventId): Promise<OrderKey | undefined> {
    const query = {
      IndexName: BY_TIME_INDEX,
      KeyConditionExpression: '#day = :day AND eventId = :eventId',
      ExpressionAttributeNames: { '#day': 'day' },
      ExpressionAttributeValues: { ':day': dayOf(eventId), ':eventId': eventId },
    };
    for await (const keys of this.#keyPages('finding an event', query)) {
      for (const key of keys) return key.orderKey;
    }
    return undefined;
  }

  /** The order that an alias points to. */
  async orderOfAlias(aliasKey: OrderKey): Promise<OrderKey | undefined> {
    const row = await this.#table.get('reading an alias', aliasRowKey(aliasKey));
    return row && !isExpired(row, this.#clock.now()) ? fromAliasRow(row) : undefined;
  }

  /** Events of all orders, newest first. */
  async newest({ since, source, limit }: EventQuery): Promise<EventRecord[]> {
    const found: EventRecord[] = [];
    let batch: EventKey[] = [];
    for await (const key of this.#keysNewestFirst(since, limit)) {
      if (source !== undefined && sourceOf(key.orderKey) !== source) continue;
      batch.push(key);
      if (batch.length < Math.min(limit - found.length, ROWS_PER_BATCH)) continue;
      found.push(...(await this.#events(batch)));
      if (found.length >= limit) return found;
      batch = [];
    }
    return [...found, ...(await this.#events(batch))];
  }

  /** Day by day backwards, the shards of each day merged. */
  async *#keysNewestFirst(since: Date, pageSize: number): AsyncGenerator<EventKey, void, undefined> {
    const sinceId = firstEventIdAt(since);
    const newest = after(this.#clock.now(), AHEAD_MS).getTime();
    for (let day = newest - (newest % DAY_MS); day + DAY_MS > since.getTime(); day -= DAY_MS) {
      const date = new Date(day).toISOString().slice(0, 10);
      const shards = Array.from({ length: SHARDS }, (_, shard) =>
        this.#keysOf(`day#${date}#${shard}`, sinceId, pageSize),
      );
      yield* mergedNewestFirst(shards);
    }
  }

  async *#keysOf(
    shard: string,
    sinceId: EventId,
    pageSize: number,
  ): AsyncGenerator<EventKey, void, undefined> {
    const query = {
      IndexName: BY_TIME_INDEX,
      KeyConditionExpression: '#day = :day AND eventId >= :since',
      ExpressionAttributeNames: { '#day': 'day' },
      ExpressionAttributeValues: { ':day': shard, ':since': sinceId },
      ScanIndexForward: false,
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

  /** The events' rows, in the order of the keys; without those that are gone. */
  async #events(keys: readonly EventKey[]): Promise<EventRecord[]> {
    const rows = new Map((await this.#rows(keys)).map((row) => [`${row.orderKey} ${row.sk}`, row]));
    return keys.flatMap((key) => {
      const { orderKey, sk } = eventRowKey(key);
      const row = rows.get(`${orderKey} ${sk}`);
      return row && !isExpired(row, this.#clock.now()) ? [fromEventRow(key, row)] : [];
    });
  }

  async #rows(keys: readonly EventKey[]): Promise<Row[]> {
    const found: Row[] = [];
    let asked: BatchGetCommandInput['RequestItems'] = { [this.#tableName]: { Keys: keys.map(eventRowKey) } };
    if (keys.length === 0) return found;
    for (const delayMs of [...BATCH_REPEAT_DELAYS_MS, undefined]) {
      const { Responses, UnprocessedKeys } = await this.#batchGet(asked);
      found.push(...(Responses?.[this.#tableName] ?? []));
      if (UnprocessedKeys === undefined || Object.keys(UnprocessedKeys).length === 0) return found;
      asked = UnprocessedKeys;
      if (delayMs !== undefined) await this.#clock.sleep(delayMs);
    }
    throw new StoreError('reading events failed: rows were left unread again and again');
  }

  async #batchGet(RequestItems: BatchGetCommandInput['RequestItems']) {
    try {
      return await this.#client.send(new BatchGetCommand({ RequestItems }));
    } catch (cause) {
      throw new StoreError('reading events failed', { cause });
    }
  }
}

async function* mergedNewestFirst(
  lists: readonly AsyncGenerator<EventKey, void, undefined>[],
): AsyncGenerator<EventKey, void, undefined> {
  const heads = await Promise.all(lists.map(async (list) => ({ list, next: await list.next() })));
  for (;;) {
    let newest: { key: EventKey; head: (typeof heads)[number] } | undefined;
    for (const head of heads) {
      if (head.next.done) continue;
      const key = head.next.value;
      if (newest === undefined || key.eventId > newest.key.eventId) newest = { key, head };
    }
    if (newest === undefined) return;
    yield newest.key;
    newest.head.next = await newest.head.list.next();
  }
}
