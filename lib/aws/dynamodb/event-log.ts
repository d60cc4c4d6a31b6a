/** The EventLog port over its DynamoDB table. Every row's form is in the `*-row.ts` file beside this one. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { RETENTION_DAYS } from '../../contract/retention.ts';
import { BY_TIME_INDEX, OWED_INDEX } from '../../contract/tables.ts';
import { after, type Clock } from '../../relay/model/clock.ts';
import { type Delivery, type DeliveryKey, isSettled } from '../../relay/model/delivery.ts';
import type { EventKey, EventRecord, Payload } from '../../relay/model/event.ts';
import {
  type EndpointId,
  type EventId,
  firstEventIdAt,
  isRelayEvent,
  type OrderKey,
} from '../../relay/model/ids.ts';
import type { Outcome } from '../../relay/model/outcome.ts';
import {
  type DeliveryChange,
  type DeliveryCondition,
  type EventLog,
  type FanOutAttempt,
  type FanOutResult,
  type OwedItem,
  UnreadableRowError,
} from '../../relay/ports/event-log.ts';
import type { Telemetry } from '../../relay/ports/telemetry.ts';
import { toAliasRow } from './alias-row.ts';
import { fromDeliveryRow, toDeliveryRow } from './delivery-row.ts';
import { DynamoTable } from './dynamo-table.ts';
import * as keys from './event-log-keys.ts';
import { fromEventRow, OUTCOME_FIELDS, toEventRow } from './event-row.ts';
import { readOwed } from './owed-row.ts';
import { fromPayloadRow, isErased, toPayloadRow } from './payload-row.ts';
import { isExpired, type Row, spellings } from './row.ts';
import { updateOf } from './update-expression.ts';

const DAY_MS = 24 * 60 * 60_000;
const ALIAS_EXTRA_DAYS = 365;

/** True of an event's row until it is fanned out. */
const OPEN = 'attribute_exists(sk) AND attribute_not_exists(fannedOutAt)';
/** Of a row that DynamoDB's TTL may remove at any moment, nothing is to be read or written. */
const NOT_EXPIRED = '(attribute_not_exists(expiresAt) OR expiresAt > :now)';
const WITHOUT_LEASE_ID = '(attribute_not_exists(leaseId) OR leaseId = :onlyLeaseId)';
const NOTHING_OWED = { owedTo: null, dueAt: null, quarantinedUntil: null, abandonedAt: null };

/** Sorts before whatever a person may have typed for a time. */
const BEFORE_ALL_TIMES = ' ';

/** Fan-out mostly stops at the first few events of an order; a longer backlog is read in larger steps. */
const EVENT_PAGES = [10, 100];

export interface EventLogOptions {
  readonly client: DynamoDBDocumentClient;
  readonly tableName: string;
  /** How long rows are kept: an event from when it is written or an outcome is, a delivery from when it is settled. */
  readonly retentionDays?: number;
  /** The same for payloads, where the personal data is; as long as everything else unless given. */
  readonly payloadRetentionDays?: number;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

export class DynamoEventLog implements EventLog {
  readonly #table: DynamoTable;
  readonly #retentionDays: number;
  readonly #payloadRetentionDays: number;
  readonly #clock: Clock;
  readonly #telemetry: Telemetry;

  constructor(options: EventLogOptions) {
    const { client, tableName, retentionDays = RETENTION_DAYS.fallback, clock, telemetry } = options;
    this.#table = new DynamoTable(client, tableName);
    this.#retentionDays = retentionDays;
    this.#payloadRetentionDays = options.payloadRetentionDays ?? retentionDays;
    this.#clock = clock;
    this.#telemetry = telemetry;
  }

  /** Expired or not: it is only the bound that the next id must pass. */
  async newestEventId(orderKey: OrderKey): Promise<EventId | undefined> {
    const query = {
      ...rowsOf(orderKey, keys.EVENT_PREFIX),
      ScanIndexForward: false,
      ProjectionExpression: 'sk',
    };
    for await (const rows of this.#table.pages('reading the newest event id', query, [1])) {
      for (const { sk } of rows) {
        const key = keys.parseRowKey(orderKey, sk);
        if (key !== undefined) return key.eventId;
      }
    }
    return undefined;
  }

  async putPayload(key: EventKey, payload: Payload): Promise<void> {
    const row = await toPayloadRow(key, payload, this.#expiresAt(this.#payloadRetentionDays));
    await this.#table.putIfAbsent('storing a payload', row, 'sk');
  }

  async putEvent(event: EventRecord, dueAt: Date): Promise<void> {
    const row = toEventRow(event, dueAt, this.#expiresAt());
    await this.#table.putIfAbsent('storing an event', row, 'sk');
  }

  async *eventsNewestFirst(orderKey: OrderKey): AsyncGenerator<EventRecord, void, undefined> {
    const query = { ...rowsOf(orderKey, keys.EVENT_PREFIX), ScanIndexForward: false };
    for await (const rows of this.#table.pages('reading events', query, EVENT_PAGES)) {
      for (const row of this.#alive(rows)) {
        const key = this.#parseKey(row);
        if (key?.kind === 'event') yield fromEventRow(key, row);
      }
    }
  }

  async event(key: EventKey): Promise<EventRecord | undefined> {
    const row = await this.#get('reading an event', keys.eventRowKey(key));
    return row && fromEventRow(key, row);
  }

  async payload(key: EventKey): Promise<Payload | undefined> {
    const row = await this.#get('reading a payload', keys.payloadRowKey(key));
    return row && !isErased(row) ? fromPayloadRow(key, row) : undefined;
  }

  async deliveries(orderKey: OrderKey): Promise<Delivery[]> {
    const deliveries: Delivery[] = [];
    const query = rowsOf(orderKey, keys.DELIVERY_PREFIX);
    for await (const rows of this.#table.pages('reading deliveries', query)) {
      for (const row of this.#alive(rows)) {
        const key = this.#parseKey(row);
        if (key?.kind === 'delivery') deliveries.push(...this.#readDelivery(key, row));
      }
    }
    return deliveries;
  }

  putDeliveryIfAbsent(delivery: Delivery): Promise<boolean> {
    const expiry = isSettled(delivery) ? { expiresAt: this.#expiresAt() } : {};
    const row = { ...toDeliveryRow(delivery), ...expiry };
    return this.#table.putIfAbsent('writing a delivery', row, 'sk');
  }

  updateDelivery(key: DeliveryKey, only: DeliveryCondition, change: DeliveryChange): Promise<boolean> {
    const lease =
      only.leaseId === undefined
        ? { expression: 'attribute_not_exists(leaseId)' }
        : {
            // A leased row without a lease id, as a person may leave it, is read as having an empty one.
            expression: only.leaseId === '' ? WITHOUT_LEASE_ID : 'leaseId = :onlyLeaseId',
            values: { ':onlyLeaseId': only.leaseId },
          };
    const condition = {
      expression: `#onlyState = :onlyState AND ${lease.expression}`,
      names: { '#onlyState': 'state' },
      values: { ':onlyState': only.state, ...lease.values },
    };
    const update = updateOf({ ...change, ...this.#expiryOf(change) });
    return this.#table.updateIf('updating a delivery', keys.deliveryRowKey(key), condition, update);
  }

  finishFanOut(key: EventKey, result: FanOutResult): Promise<boolean> {
    const { changes, outcomes, fannedOutAt } = result;
    const update = updateOf({ changes, outcomes, fannedOutAt, ...NOTHING_OWED });
    const isOpen = { expression: OPEN };
    return this.#table.updateIf('finishing a fan-out', keys.eventRowKey(key), isOpen, update);
  }

  recordFanOutAttempt(event: EventRecord, change: FanOutAttempt): Promise<boolean> {
    const { fanOutAttempts } = event;
    const begun =
      fanOutAttempts === undefined
        ? { expression: 'attribute_not_exists(fanOutAttempts)' }
        : { expression: '#fanOutAttempts = :onlyTries', values: { ':onlyTries': fanOutAttempts } };
    const isOpen = { ...begun, expression: `${OPEN} AND ${begun.expression}` };
    return this.#table.updateIf('noting a fan-out', keys.eventRowKey(event), isOpen, updateOf({ ...change }));
  }

  async recordOutcome(
    key: EventKey,
    endpointId: EndpointId,
    outcome: Outcome,
    previous: Outcome | undefined,
  ): Promise<boolean> {
    const what = 'recording an outcome';
    const row = keys.eventRowKey(key);
    // As long as the delivery's row, which was just settled.
    const expiresAt = this.#expiresAt();
    const onlyIf = (outcomes: string, values: Row = {}) => ({
      expression: `attribute_exists(fannedOutAt) AND ${NOT_EXPIRED} AND ${outcomes}`,
      values: { ':now': this.#clock.now().getTime() / 1000, ...values },
    });
    const one = {
      expression: 'SET outcomes.#endpoint = :outcome, expiresAt = :expiresAt',
      names: { '#endpoint': endpointId },
      values: { ':outcome': outcome, ':expiresAt': expiresAt },
    };
    if (previous !== undefined) {
      const same = sameOutcome(previous);
      const isAsRead = onlyIf(same.expression, same.values);
      return this.#table.updateIf(what, row, isAsRead, { ...one, names: { ...one.names, ...same.names } });
    }
    const isWithoutOutcome = 'attribute_type(outcomes, :map) AND attribute_not_exists(outcomes.#endpoint)';
    if (await this.#table.updateIf(what, row, onlyIf(isWithoutOutcome, { ':map': 'M' }), one)) return true;
    // Somebody has removed the list of outcomes, and nothing can be set in what is not there.
    const all = updateOf({ outcomes: { [endpointId]: outcome }, expiresAt });
    const isWithoutList = onlyIf('NOT attribute_type(#outcomes, :map)', { ':map': 'M' });
    return this.#table.updateIf(what, row, isWithoutList, all);
  }

  async owed(owedTo: string, dueBefore: Date, limit: number, dueSince?: Date): Promise<OwedItem[]> {
    if (dueSince !== undefined && dueSince >= dueBefore) return [];
    const query = {
      IndexName: OWED_INDEX.name,
      KeyConditionExpression: 'owedTo = :owedTo AND dueAt BETWEEN :dueSince AND :dueUntil',
      ExpressionAttributeValues: {
        ':owedTo': owedTo,
        ':dueSince': dueSince?.toISOString() ?? BEFORE_ALL_TIMES,
        // A key takes one condition, and BETWEEN takes its bounds in.
        ':dueUntil': new Date(dueBefore.getTime() - 1).toISOString(),
      },
    };
    const items: OwedItem[] = [];
    for await (const rows of this.#table.pages('reading what is owed', query, [limit])) {
      items.push(...rows.flatMap((row) => readOwed(row, this.#telemetry)));
      if (items.length >= limit) break;
    }
    return items.slice(0, limit);
  }

  async newestWebhook(since: Date): Promise<EventId | undefined> {
    for (let day = this.#clock.now(); dayNumber(day) >= dayNumber(since); day = after(day, -DAY_MS)) {
      const newest = await Promise.all(
        keys.daysOf(day).map((partition) => this.#newestOfDay(partition, firstEventIdAt(since))),
      );
      const [latest] = newest
        .filter((id) => id !== undefined)
        .sort()
        .reverse();
      if (latest !== undefined) return latest;
    }
    return undefined;
  }

  async #newestOfDay(day: string, since: EventId): Promise<EventId | undefined> {
    const query = {
      IndexName: BY_TIME_INDEX.name,
      KeyConditionExpression: '#day = :day AND eventId >= :since',
      ExpressionAttributeNames: { '#day': 'day' },
      ExpressionAttributeValues: { ':day': day, ':since': since },
      ScanIndexForward: false,
    };
    for await (const rows of this.#table.pages('looking for the newest webhook', query, [1, 10])) {
      for (const { orderKey, sk } of rows) {
        const key = keys.parseRowKey(orderKey, sk);
        if (key !== undefined && !isRelayEvent(key.orderKey)) return key.eventId;
      }
    }
    return undefined;
  }

  postpone(item: OwedItem, dueAt: Date): Promise<boolean> {
    const key = item.kind === 'event' ? keys.eventRowKey(item) : keys.deliveryRowKey(item);
    const { full, short } = spellings(item.dueAt);
    const isAsRead = {
      expression: 'owedTo = :onlyOwedTo AND (#dueAt = :full OR #dueAt = :short)',
      values: { ':onlyOwedTo': item.owedTo, ':full': full, ':short': short },
    };
    return this.#table.updateIf('postponing', key, isAsRead, updateOf({ dueAt }));
  }

  /** Kept for longer than the rows of the order's first event, with which it is written: an order may go on for months. */
  async putAlias(aliasKey: OrderKey, orderKey: OrderKey): Promise<void> {
    await this.#table.put(
      'writing an alias',
      toAliasRow(aliasKey, orderKey, this.#expiresAt(this.#retentionDays + ALIAS_EXTRA_DAYS)),
    );
  }

  /** A delivery's row expires only once it is settled: what is owed must not vanish. */
  #expiryOf({ state }: DeliveryChange): Readonly<Record<string, number | null>> {
    if (state === undefined) return {};
    return { expiresAt: state === 'pending' || state === 'leased' ? null : this.#expiresAt() };
  }

  /** In epoch seconds, as DynamoDB's TTL wants it. */
  #expiresAt(days = this.#retentionDays): number {
    return Math.floor(after(this.#clock.now(), days * DAY_MS).getTime() / 1000);
  }

  async #get(what: string, key: keys.RowKey): Promise<Row | undefined> {
    const row = await this.#table.get(what, key);
    return row && !isExpired(row, this.#clock.now()) ? row : undefined;
  }

  #alive(rows: readonly Row[]): Row[] {
    const now = this.#clock.now();
    return rows.filter((row) => !isExpired(row, now));
  }

  /** One that somebody has spoilt must not hold up all others of its order. */
  #readDelivery(key: DeliveryKey, row: Row): Delivery[] {
    try {
      return [fromDeliveryRow(key, row)];
    } catch (error) {
      if (!(error instanceof UnreadableRowError)) throw error;
      const { eventId, endpointId } = key;
      this.#telemetry.error('delivery row cannot be read: passed over', error, { eventId, endpointId });
      return [];
    }
  }

  #parseKey(row: Row): keys.ParsedKey | undefined {
    const key = keys.parseRowKey(row.orderKey, row.sk);
    if (key === undefined)
      this.#telemetry.warn('row passed over: its key is none of ours', { sk: String(row.sk) });
    return key;
  }
}

const dayNumber = (moment: Date) => Math.floor(moment.getTime() / DAY_MS);

function rowsOf(orderKey: OrderKey, prefix: string) {
  return {
    KeyConditionExpression: 'orderKey = :orderKey AND begins_with(sk, :prefix)',
    ExpressionAttributeValues: { ':orderKey': orderKey, ':prefix': prefix },
    ConsistentRead: true,
  };
}

/** Compares field by field: a whole map in a condition depends on how an engine compares maps. */
function sameOutcome(outcome: Outcome): { expression: string; names: Record<string, string>; values: Row } {
  const fields = OUTCOME_FIELDS.map((name) => ({ name, value: outcome[name] }));
  return {
    expression: fields
      .map(({ name, value }) =>
        value === undefined
          ? `attribute_not_exists(outcomes.#endpoint.#${name})`
          : `outcomes.#endpoint.#${name} = :${name}`,
      )
      .join(' AND '),
    names: Object.fromEntries(fields.map(({ name }) => [`#${name}`, name])),
    values: Object.fromEntries(
      fields.flatMap(({ name, value }) => (value === undefined ? [] : [[`:${name}`, value]])),
    ),
  };
}
