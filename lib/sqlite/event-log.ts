/**
 * The EventLog port over a SQLite file. Reads see committed rows only, because a transaction begins and ends in one turn of the
 * event loop: nobody decides on a row that a crash may undo.
 */
import type { Clock } from '../relay/model/clock.ts';
import { type Delivery, type DeliveryKey, isSettled } from '../relay/model/delivery.ts';
import type { EventKey, EventRecord, Payload } from '../relay/model/event.ts';
import {
  type Alias,
  type EndpointId,
  type EventId,
  firstEventIdAt,
  isEventId,
  isRelayEvent,
  type OrderKey,
} from '../relay/model/ids.ts';
import type { Outcome } from '../relay/model/outcome.ts';
import {
  type DeliveryChange,
  type DeliveryCondition,
  type EventLog,
  type EventsOptions,
  type FanOutAttempt,
  type FanOutResult,
  type OwedItem,
  UnreadableRowError,
} from '../relay/ports/event-log.ts';
import type { Telemetry } from '../relay/ports/telemetry.ts';
import { readDelivery } from '../relay/rows/delivery-attributes.ts';
import { toOutcomeMap, withOutcome } from '../relay/rows/outcome-map.ts';
import { readEvent, readEventOutline } from '../relay/rows/read-event.ts';
import { insertAlias } from './alias-table.ts';
import * as conditions from './conditions.ts';
import type { Connection } from './connection.ts';
import { DELIVERY_COLUMNS, insertDelivery, updateDelivery } from './delivery-table.ts';
import { eventKeys } from './event-keys.ts';
import {
  EVENT_COLUMNS,
  EVENT_OUTLINE,
  findEvent,
  insertEvent,
  toEventRow,
  updateEvent,
} from './event-table.ts';
import { type Expiry, endOfDay, isExpired } from './expiry.ts';
import { orStoreFailure } from './failures.ts';
import type { GroupCommit } from './group-commit.ts';
import { cancelledListOf, deliveryName, toDeliveryKey, toEventKey } from './keys.ts';
import { owedPages } from './owed-list.ts';
import { findPayload, insertPayload, toPayload, toStoredBody } from './payload-table.ts';
import { toRow } from './rows.ts';

const NOTHING_OWED = { owedTo: null, dueAt: null, quarantinedUntil: null, abandonedAt: null };
/** Rows per page. Fan-out mostly needs only the newest few events of an order. */
const EVENT_PAGES = [10, 100];
const ID_PAGE = 10;
/** Greater than every event id, also than one that a person made up. */
const AFTER_ALL_TEXTS = '\u{10ffff}';

export interface StoreParts {
  readonly commits: GroupCommit;
  readonly reader: Connection;
  readonly expiry: Expiry;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

export class SqliteEventLog implements EventLog {
  readonly #commits: GroupCommit;
  readonly #reader: Connection;
  readonly #expiry: Expiry;
  readonly #clock: Clock;
  readonly #telemetry: Telemetry;

  constructor({ commits, reader, expiry, clock, telemetry }: StoreParts) {
    this.#commits = commits;
    this.#reader = reader;
    this.#expiry = expiry;
    this.#clock = clock;
    this.#telemetry = telemetry;
  }

  /** Includes expired events: the next id must be greater than any. */
  async newestEventId(orderKey: OrderKey): Promise<EventId | undefined> {
    const sql = `SELECT eventId FROM event WHERE orderKey = ? AND eventId < ? ORDER BY eventId DESC LIMIT ${ID_PAGE}`;
    let before = AFTER_ALL_TEXTS;
    for (;;) {
      const rows = this.#read('reading the newest event id', (reader) => reader.all(sql, orderKey, before));
      const ids = rows.map(({ eventId }) => String(eventId));
      const newest = ids.find(isEventId);
      if (newest !== undefined || ids.length < ID_PAGE) return newest;
      before = ids.at(-1) ?? before;
    }
  }

  async checkPayload(payload: Payload): Promise<void> {
    await toStoredBody(payload);
  }

  async putPayload(key: EventKey, payload: Payload): Promise<void> {
    const body = await toStoredBody(payload);
    const expiresAt = this.#expiry.ofPayload();
    await this.#commits.write('storing a payload', (connection) =>
      insertPayload(connection, key, payload, body, expiresAt),
    );
  }

  putEvent(event: EventRecord, dueAt: Date): Promise<void> {
    const expiresAt = this.#expiry.ofEvent();
    return this.#commits.write('storing an event', (connection) =>
      insertEvent(connection, event, dueAt, expiresAt),
    );
  }

  async putEventWithPayload(event: EventRecord, payload: Payload, dueAt: Date): Promise<void> {
    const body = await toStoredBody(payload);
    const payloadExpiresAt = this.#expiry.ofPayload();
    const expiresAt = this.#expiry.ofEvent();
    await this.#commits.writeAll('storing an event and its payload', [
      (connection) => insertPayload(connection, event, payload, body, payloadExpiresAt),
      (connection) => insertEvent(connection, event, dueAt, expiresAt),
    ]);
  }

  async *eventsNewestFirst(
    orderKey: OrderKey,
    { oldest, outline = false }: EventsOptions = {},
  ): AsyncGenerator<EventRecord, void, undefined> {
    const read = outline ? readEventOutline : readEvent;
    const sql = `
      SELECT eventId, ${outline ? EVENT_OUTLINE : EVENT_COLUMNS} FROM event
      WHERE orderKey = ? AND eventId >= ? AND eventId < ? ORDER BY eventId DESC LIMIT ?`;
    let before = AFTER_ALL_TEXTS;
    for (let page = 0; ; page++) {
      const limit = EVENT_PAGES[page] ?? EVENT_PAGES.at(-1) ?? 1;
      const rows = this.#read('reading events', (reader) =>
        reader.all(sql, orderKey, oldest ?? '', before, limit),
      );
      const now = this.#expiry.now();
      for (const { eventId, ...columns } of rows) {
        const key = toEventKey(orderKey, eventId);
        if (key === undefined) this.#warnOfKey(`event#${eventId}`);
        else if (!isExpired(columns.expiresAt, now)) yield read(key, toEventRow(key, columns));
      }
      const last = rows.at(-1);
      if (last === undefined || rows.length < limit) return;
      before = String(last.eventId);
    }
  }

  async event(key: EventKey): Promise<EventRecord | undefined> {
    const row = this.#read('reading an event', (reader) => findEvent(reader, key));
    return row && !isExpired(row.expiresAt, this.#expiry.now()) ? readEvent(key, row) : undefined;
  }

  async payload(key: EventKey): Promise<Payload | undefined> {
    const row = this.#read('reading a payload', (reader) => findPayload(reader, key, this.#expiry.now()));
    return row && toPayload(key, row);
  }

  async deliveries(orderKey: OrderKey, endpoint?: EndpointId): Promise<Delivery[]> {
    // The plus sign keeps SQLite from the index of the endpoint's rows (https://sqlite.org/optoverview.html).
    const sql = `
      SELECT eventId, endpointId, ${DELIVERY_COLUMNS} FROM delivery
      WHERE orderKey = ? AND (expiresAt IS NULL OR expiresAt > ?)
      ${endpoint === undefined ? '' : 'AND +endpointId = ?'} ORDER BY eventId, endpointId`;
    const values = [orderKey, this.#expiry.now(), ...(endpoint === undefined ? [] : [endpoint])];
    const rows = this.#read('reading deliveries', (reader) => reader.all(sql, ...values));
    return rows.flatMap(({ eventId, endpointId, ...columns }) => {
      const key = toDeliveryKey(orderKey, eventId, endpointId);
      if (key !== undefined) return this.#readDelivery(key, columns);
      this.#warnOfKey(`delivery#${eventId}#${endpointId}`);
      return [];
    });
  }

  putDeliveryIfAbsent(delivery: Delivery): Promise<boolean> {
    const expiresAt = isSettled(delivery) ? this.#expiry.ofEvent() : undefined;
    return this.#commits.write('writing a delivery', (connection) =>
      insertDelivery(connection, delivery, expiresAt),
    );
  }

  updateDelivery(key: DeliveryKey, only: DeliveryCondition, change: DeliveryChange): Promise<boolean> {
    const written = { ...change, ...this.#expiryOf(change) };
    return this.#commits.write('updating a delivery', (connection) =>
      updateDelivery(connection, key, conditions.deliveryAsRead(only), written),
    );
  }

  finishFanOut(key: EventKey, result: FanOutResult): Promise<boolean> {
    const { cancelledFor = [], outcomes, ...written } = result;
    const listedFor = cancelledListOf(cancelledFor);
    const change = { ...written, outcomes: toOutcomeMap(outcomes), listedFor, ...NOTHING_OWED };
    return this.#commits.write('finishing a fan-out', (connection) =>
      updateEvent(connection, key, conditions.isNotFannedOut, change),
    );
  }

  recordFanOutAttempt(event: EventRecord, change: FanOutAttempt): Promise<boolean> {
    return this.#commits.write('recording a fan-out attempt', (connection) =>
      updateEvent(connection, event, conditions.fanOutAsRead(event), { ...change }),
    );
  }

  recordOutcome(
    key: EventKey,
    endpointId: EndpointId,
    outcome: Outcome,
    previous: Outcome | undefined,
  ): Promise<boolean> {
    // The delivery's row was settled a moment ago. Both rows expire together.
    const expiresAt = this.#expiry.ofEvent();
    const condition = conditions.outcomeAsRead(endpointId, previous, this.#expiry.now());
    return this.#commits.write('recording an outcome', (connection) =>
      updateEvent(connection, key, condition, ({ outcomes }) => ({
        outcomes: withOutcome(outcomes, endpointId, outcome),
        expiresAt,
      })),
    );
  }

  async owed(owedTo: string, dueBefore: Date, limit: number, dueSince?: Date): Promise<OwedItem[]> {
    if (dueSince !== undefined && dueSince >= dueBefore) return [];
    const items: OwedItem[] = [];
    const range = { owedTo, dueSince, dueBefore, pageSize: limit };
    for await (const page of owedPages(this.#reader, this.#telemetry, range)) {
      items.push(...page);
      if (items.length >= limit) break;
    }
    return items.slice(0, limit);
  }

  async newestWebhook(since: Date): Promise<EventId | undefined> {
    const range = { since, before: firstEventIdAt(endOfDay(this.#clock.now())), pageSize: ID_PAGE };
    for await (const { orderKey, eventId } of eventKeys(this.#reader, range))
      if (!isRelayEvent(orderKey)) return eventId;
    return undefined;
  }

  postpone(item: OwedItem, dueAt: Date): Promise<boolean> {
    const condition = conditions.owedAsRead(item);
    return this.#commits.write('postponing', (connection) =>
      item.kind === 'event'
        ? updateEvent(connection, item, condition, { dueAt })
        : updateDelivery(connection, item, condition, { dueAt }),
    );
  }

  putAlias(alias: Alias): Promise<void> {
    const expiresAt = this.#expiry.ofAlias();
    return this.#commits.write('writing an alias', (connection) => insertAlias(connection, alias, expiresAt));
  }

  #read<Result>(what: string, read: (reader: Connection) => Result): Result {
    return orStoreFailure(what, () => read(this.#reader));
  }

  /** A delivery's row expires only after it is settled: unfinished work must not disappear. */
  #expiryOf({ state }: DeliveryChange): { readonly expiresAt?: string | null } {
    if (state === undefined) return {};
    return { expiresAt: state === 'pending' || state === 'leased' ? null : this.#expiry.ofEvent() };
  }

  /** Skips a row that a person edited wrongly, so that it does not block the order. */
  #readDelivery(key: DeliveryKey, columns: Parameters<typeof toRow>[1]): Delivery[] {
    try {
      return [readDelivery(key, toRow(deliveryName(key), columns))];
    } catch (error) {
      if (!(error instanceof UnreadableRowError)) throw error;
      const { eventId, endpointId } = key;
      this.#telemetry.error('delivery row cannot be read: passed over', error, { eventId, endpointId });
      return [];
    }
  }

  #warnOfKey(name: string): void {
    this.#telemetry.warn('row passed over: its key is none of ours', { row: name });
  }
}
