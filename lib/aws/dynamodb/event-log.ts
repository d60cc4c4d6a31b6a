/** The EventLog port over its DynamoDB table. The `*-row.ts` files define the rows. */
import { RETENTION_DAYS } from '../../contract/retention.ts';
import type { Clock } from '../../relay/model/clock.ts';
import { type Delivery, type DeliveryKey, isSettled } from '../../relay/model/delivery.ts';
import type { EventKey, EventRecord, Payload } from '../../relay/model/event.ts';
import {
  type Alias,
  type EndpointId,
  type EventId,
  isRelayEvent,
  type OrderKey,
} from '../../relay/model/ids.ts';
import type { Outcome } from '../../relay/model/outcome.ts';
import {
  type DeliveryChange,
  type DeliveryCondition,
  type EventLog,
  type EventsOptions,
  type FanOutAttempt,
  type FanOutResult,
  type OwedItem,
  UnreadableRowError,
} from '../../relay/ports/event-log.ts';
import type { Telemetry } from '../../relay/ports/telemetry.ts';
import type { Row } from '../../relay/rows/attributes.ts';
import { readDelivery } from '../../relay/rows/delivery-attributes.ts';
import { outcomeKey, toOutcomeMap } from '../../relay/rows/outcome-map.ts';
import { readEvent, readEventOutline } from '../../relay/rows/read-event.ts';
import { toAliasRow } from './alias-row.ts';
import { ByTimeIndex, daysBetween } from './by-time-index.ts';
import { toDeliveryRow } from './delivery-row.ts';
import { DynamoTable } from './dynamo-table.ts';
import {
  deliveryAsRead,
  fannedOut,
  fanOutAsRead,
  NOT_FANNED_OUT,
  outcomeAsRead,
  owedAsRead,
  WITHOUT_OUTCOME,
  WITHOUT_OUTCOMES,
} from './event-log-conditions.ts';
import * as keys from './event-log-keys.ts';
import { DynamoEventStore, type EventLogOptions } from './event-store.ts';
import { OwedIndex } from './owed-index.ts';
import { fromPayloadRow, isErased } from './payload-row.ts';
import { expiryIn, isExpired } from './row-expiry.ts';
import { updateOf } from './update-expression.ts';

/** An alias outlives the rows of the order's first event, because an order may go on for months. */
const ALIAS_EXTRA_DAYS = 365;

const NOTHING_OWED = { owedTo: null, dueAt: null, quarantinedUntil: null, abandonedAt: null };

/** Rows per page. Fan-out mostly needs only the newest few events of an order. */
const EVENT_PAGES = [10, 100];

export class DynamoEventLog implements EventLog {
  readonly #table: DynamoTable;
  readonly #store: DynamoEventStore;
  readonly #owedIndex: OwedIndex;
  readonly #byTimeIndex: ByTimeIndex;
  readonly #retentionDays: number;
  readonly #clock: Clock;
  readonly #telemetry: Telemetry;

  constructor(options: EventLogOptions) {
    const { client, tableName, retentionDays = RETENTION_DAYS.fallback, clock, telemetry } = options;
    this.#table = new DynamoTable(client, tableName);
    this.#store = new DynamoEventStore(options);
    this.#owedIndex = new OwedIndex(this.#table, telemetry);
    this.#byTimeIndex = new ByTimeIndex(this.#table);
    this.#retentionDays = retentionDays;
    this.#clock = clock;
    this.#telemetry = telemetry;
  }

  newestEventId(orderKey: OrderKey): Promise<EventId | undefined> {
    return this.#store.newestEventId(orderKey);
  }

  checkPayload(payload: Payload): Promise<void> {
    return this.#store.checkPayload(payload);
  }

  putPayload(key: EventKey, payload: Payload): Promise<void> {
    return this.#store.putPayload(key, payload);
  }

  putEvent(event: EventRecord, dueAt: Date): Promise<void> {
    return this.#store.putEvent(event, dueAt);
  }

  async *eventsNewestFirst(
    orderKey: OrderKey,
    { oldest, outline = false }: EventsOptions = {},
  ): AsyncGenerator<EventRecord, void, undefined> {
    const read = outline ? readEventOutline : readEvent;
    const query = { ...keys.eventRowsOf(orderKey, oldest), ScanIndexForward: false };
    for await (const rows of this.#table.pages('reading events', query, EVENT_PAGES)) {
      for (const row of this.#alive(rows)) {
        const key = this.#parseKey(row);
        if (key?.kind === 'event') yield read(key, row);
      }
    }
  }

  async event(key: EventKey): Promise<EventRecord | undefined> {
    const row = await this.#get('reading an event', keys.eventRowKey(key));
    return row && readEvent(key, row);
  }

  async payload(key: EventKey): Promise<Payload | undefined> {
    const row = await this.#get('reading a payload', keys.payloadRowKey(key));
    return row && !isErased(row) ? fromPayloadRow(key, row) : undefined;
  }

  async deliveries(orderKey: OrderKey, endpointId?: EndpointId): Promise<Delivery[]> {
    const deliveries: Delivery[] = [];
    const query = keys.rowsOf(orderKey, keys.DELIVERY_PREFIX);
    for await (const rows of this.#table.pages('reading deliveries', query)) {
      for (const row of this.#alive(rows)) {
        const key = this.#parseKey(row);
        if (key?.kind !== 'delivery' || (endpointId ?? key.endpointId) !== key.endpointId) continue;
        deliveries.push(...this.#readDelivery(key, row));
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
    const update = updateOf({ ...change, ...this.#expiryOf(change) });
    return this.#table.updateIf(
      'updating a delivery',
      keys.deliveryRowKey(key),
      deliveryAsRead(only),
      update,
    );
  }

  finishFanOut(key: EventKey, result: FanOutResult): Promise<boolean> {
    const { cancelledFor = [], outcomes, ...written } = result;
    const listedFor = keys.cancelledListOf(key.eventId, cancelledFor);
    const listed = listedFor !== undefined && { listedFor };
    const update = updateOf({
      ...written,
      outcomes: toOutcomeMap(outcomes),
      ...listed,
      ...NOTHING_OWED,
    });
    return this.#table.updateIf('finishing a fan-out', keys.eventRowKey(key), NOT_FANNED_OUT, update);
  }

  recordFanOutAttempt(event: EventRecord, change: FanOutAttempt): Promise<boolean> {
    const what = 'recording a fan-out attempt';
    return this.#table.updateIf(what, keys.eventRowKey(event), fanOutAsRead(event), updateOf({ ...change }));
  }

  async recordOutcome(
    key: EventKey,
    endpointId: EndpointId,
    outcome: Outcome,
    previous: Outcome | undefined,
  ): Promise<boolean> {
    const what = 'recording an outcome';
    const row = keys.eventRowKey(key);
    const now = this.#clock.now();
    // The delivery's row was settled a moment ago. Both rows expire together.
    const expiresAt = this.#expiresAt();
    const setOne = {
      expression: 'SET outcomes.#endpoint = :outcome, expiresAt = :expiresAt',
      names: { '#endpoint': outcomeKey(endpointId) },
      values: { ':outcome': outcome, ':expiresAt': expiresAt },
    };
    if (previous !== undefined)
      return this.#table.updateIf(what, row, fannedOut(now, outcomeAsRead(previous)), setOne);
    if (await this.#table.updateIf(what, row, fannedOut(now, WITHOUT_OUTCOME), setOne)) return true;
    const setAll = updateOf({ outcomes: { [outcomeKey(endpointId)]: outcome }, expiresAt });
    return this.#table.updateIf(what, row, fannedOut(now, WITHOUT_OUTCOMES), setAll);
  }

  async owed(owedTo: string, dueBefore: Date, limit: number, dueSince?: Date): Promise<OwedItem[]> {
    if (dueSince !== undefined && dueSince >= dueBefore) return [];
    const items: OwedItem[] = [];
    for await (const page of this.#owedIndex.pages({ owedTo, dueSince, dueBefore, pageSize: limit })) {
      items.push(...page);
      if (items.length >= limit) break;
    }
    return items.slice(0, limit);
  }

  async newestWebhook(since: Date): Promise<EventId | undefined> {
    for (const day of daysBetween(since, this.#clock.now()).toReversed()) {
      const newestFirst = this.#byTimeIndex.eventsOf(day, { since, newestFirst: true, pageSizes: [1, 10] });
      for await (const { orderKey, eventId } of newestFirst) if (!isRelayEvent(orderKey)) return eventId;
    }
    return undefined;
  }

  postpone(item: OwedItem, dueAt: Date): Promise<boolean> {
    const key = item.kind === 'event' ? keys.eventRowKey(item) : keys.deliveryRowKey(item);
    return this.#table.updateIf('postponing', key, owedAsRead(item), updateOf({ dueAt }));
  }

  async putAlias(alias: Alias): Promise<void> {
    const row = toAliasRow(alias, this.#expiresAt(this.#retentionDays + ALIAS_EXTRA_DAYS));
    await this.#table.put('writing an alias', row);
  }

  /** A delivery's row expires only after it is settled: unfinished work must not disappear. */
  #expiryOf({ state }: DeliveryChange): Readonly<Record<string, number | null>> {
    if (state === undefined) return {};
    return { expiresAt: state === 'pending' || state === 'leased' ? null : this.#expiresAt() };
  }

  #expiresAt(days = this.#retentionDays): number {
    return expiryIn(days, this.#clock);
  }

  async #get(what: string, key: keys.RowKey): Promise<Row | undefined> {
    const row = await this.#table.get(what, key);
    return row && !isExpired(row, this.#clock.now()) ? row : undefined;
  }

  #alive(rows: readonly Row[]): Row[] {
    const now = this.#clock.now();
    return rows.filter((row) => !isExpired(row, now));
  }

  /** Skips a row that a person edited wrongly, so that it does not block the order. */
  #readDelivery(key: DeliveryKey, row: Row): Delivery[] {
    try {
      return [readDelivery(key, row)];
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
