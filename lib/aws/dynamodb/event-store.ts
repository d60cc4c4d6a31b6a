/** The part of the EventLog port that ingest needs, over the DynamoDB table. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { RETENTION_DAYS } from '../../contract/retention.ts';
import type { Clock } from '../../relay/model/clock.ts';
import type { EventKey, EventRecord, Payload } from '../../relay/model/event.ts';
import type { EventId, OrderKey } from '../../relay/model/ids.ts';
import type { EventStore } from '../../relay/ports/event-log.ts';
import type { Telemetry } from '../../relay/ports/telemetry.ts';
import { DynamoTable } from './dynamo-table.ts';
import { EVENT_PREFIX, parseRowKey, rowsOf } from './event-log-keys.ts';
import { toEventRow } from './event-row.ts';
import { checkPayload, toPayloadRow } from './payload-row.ts';
import { expiryIn } from './row-expiry.ts';

export interface EventLogOptions {
  readonly client: DynamoDBDocumentClient;
  readonly tableName: string;
  /** Days until a row expires, counted from an event's last write or from the time when a delivery is settled. */
  readonly retentionDays?: number;
  /** The same for payloads, which contain the personal data. Defaults to `retentionDays`. */
  readonly payloadRetentionDays?: number;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

export class DynamoEventStore implements EventStore {
  readonly #table: DynamoTable;
  readonly #retentionDays: number;
  readonly #payloadRetentionDays: number;
  readonly #clock: Clock;

  constructor(options: Omit<EventLogOptions, 'telemetry'>) {
    const { client, tableName, retentionDays = RETENTION_DAYS.fallback, clock } = options;
    this.#table = new DynamoTable(client, tableName);
    this.#retentionDays = retentionDays;
    this.#payloadRetentionDays = options.payloadRetentionDays ?? retentionDays;
    this.#clock = clock;
  }

  /** Includes expired events: the next id must be greater than any. */
  async newestEventId(orderKey: OrderKey): Promise<EventId | undefined> {
    const query = {
      ...rowsOf(orderKey, EVENT_PREFIX),
      ScanIndexForward: false,
      ProjectionExpression: 'sk',
    };
    for await (const rows of this.#table.pages('reading the newest event id', query, [1])) {
      for (const { sk } of rows) {
        const key = parseRowKey(orderKey, sk);
        if (key !== undefined) return key.eventId;
      }
    }
    return undefined;
  }

  checkPayload(payload: Payload): Promise<void> {
    return checkPayload(payload);
  }

  async putPayload(key: EventKey, payload: Payload): Promise<void> {
    const row = await toPayloadRow(key, payload, expiryIn(this.#payloadRetentionDays, this.#clock));
    await this.#table.putIfAbsent('storing a payload', row, 'sk');
  }

  async putEvent(event: EventRecord, dueAt: Date): Promise<void> {
    const row = toEventRow(event, dueAt, expiryIn(this.#retentionDays, this.#clock));
    await this.#table.putIfAbsent('storing an event', row, 'sk');
  }
}
