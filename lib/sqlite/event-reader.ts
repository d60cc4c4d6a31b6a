/** The EventReader port over a SQLite file: lists by time, lookups by event id, and reads by key. */
import { after, type Clock } from '../relay/model/clock.ts';
import type { Delivery, DeliveryKey } from '../relay/model/delivery.ts';
import type { EventKey, EventRecord } from '../relay/model/event.ts';
import {
  type Alias,
  type EndpointId,
  type EventId,
  firstEventIdAt,
  type OrderKey,
  sourceOf,
} from '../relay/model/ids.ts';
import { inBatches } from '../relay/model/in-batches.ts';
import { mergeSorted } from '../relay/model/merge-sorted.ts';
import { type OwedItem, UnreadableRowError } from '../relay/ports/event-log.ts';
import type {
  CancelledList,
  EventQuery,
  EventRange,
  EventReader,
  OwedQuery,
} from '../relay/ports/operator.ts';
import type { Telemetry } from '../relay/ports/telemetry.ts';
import { readDelivery } from '../relay/rows/delivery-attributes.ts';
import { readEvent } from '../relay/rows/read-event.ts';
import { findAliases } from './alias-table.ts';
import type { Connection } from './connection.ts';
import { findDelivery } from './delivery-table.ts';
import { listedKeys } from './endpoint-lists.ts';
import { eventKeys } from './event-keys.ts';
import type { StoreParts } from './event-log.ts';
import { findEvent } from './event-table.ts';
import { type Expiry, endOfDay, isExpired } from './expiry.ts';
import { orStoreFailure } from './failures.ts';
import { listedForOf, toDeliveryKey, toEventKey } from './keys.ts';
import { owedPages } from './owed-list.ts';

/** Events per batch of {@link EventReader.oldestFirst}. */
const BATCH_SIZE = 100;
/** An event's id may be this far ahead of this machine's clock. */
const AHEAD_MS = 60 * 60_000;

export class SqliteEventReader implements EventReader {
  readonly #reader: Connection;
  readonly #expiry: Expiry;
  readonly #clock: Clock;
  readonly #telemetry: Telemetry;

  constructor({ reader, expiry, clock, telemetry }: StoreParts) {
    this.#reader = reader;
    this.#expiry = expiry;
    this.#clock = clock;
    this.#telemetry = telemetry;
  }

  async orderOfEvent(eventId: EventId): Promise<OrderKey | undefined> {
    const sql = 'SELECT orderKey FROM event WHERE eventId = ? ORDER BY orderKey LIMIT 1';
    const found = this.#read('finding an event', (reader) => reader.first(sql, eventId));
    return toEventKey(found?.orderKey, eventId)?.orderKey;
  }

  async aliasesOf(aliasKey: OrderKey): Promise<Alias[]> {
    return this.#read('reading aliases', (reader) => findAliases(reader, aliasKey, this.#expiry.now()));
  }

  async newest({ since, source, limit }: EventQuery): Promise<EventRecord[]> {
    const found: EventRecord[] = [];
    for await (const key of this.eventKeys({ since, pageSize: limit })) {
      if (source !== undefined && sourceOf(key.orderKey) !== source) continue;
      const event = this.#findEvent(key);
      if (event !== undefined) found.push(event);
      if (found.length >= limit) break;
    }
    return found;
  }

  oldestFirst(since: Date): AsyncGenerator<EventRecord[], void, undefined> {
    return this.#eventsInBatches(
      this.eventKeys({ since, oldestFirst: true, pageSize: BATCH_SIZE }),
      BATCH_SIZE,
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
    owedTo: string,
    { dueSince, dueBefore, backwards = false, pageSize }: OwedQuery,
  ): AsyncGenerator<OwedItem, void, undefined> {
    const range = { owedTo, dueSince, dueBefore, newestFirst: backwards, pageSize };
    for await (const items of owedPages(this.#reader, this.#telemetry, range)) yield* items;
  }

  eventKeys(range: EventRange): AsyncGenerator<EventKey, void, undefined> {
    // An id of next year, of a clock that was wrong, is not listed until then.
    const before = range.before ?? firstEventIdAt(endOfDay(after(this.#clock.now(), AHEAD_MS)));
    return eventKeys(this.#reader, { ...range, before });
  }

  async *deliveryKeys(
    endpointId: EndpointId,
    range: EventRange,
  ): AsyncGenerator<DeliveryKey, void, undefined> {
    for await (const { orderKey, eventId } of listedKeys(this.#reader, 'delivery', endpointId, range)) {
      const key = toDeliveryKey(orderKey, eventId, endpointId);
      if (key !== undefined) yield key;
    }
  }

  cancelledEventKeys(
    lists: readonly CancelledList[],
    range: EventRange,
  ): AsyncGenerator<EventKey, void, undefined> {
    const isEarlier = (key: EventKey, other: EventKey) => key.eventId < other.eventId;
    const isLater = (key: EventKey, other: EventKey) => key.eventId > other.eventId;
    return mergeSorted(
      lists.map((list) => listedKeys(this.#reader, 'event', listedForOf(list), range)),
      range.oldestFirst ? isEarlier : isLater,
    );
  }

  async eventsOf(keys: readonly EventKey[]): Promise<EventRecord[]> {
    return keys.map((key) => this.#findEvent(key)).filter((event) => event !== undefined);
  }

  async deliveriesOf(keys: readonly DeliveryKey[]): Promise<Delivery[]> {
    return keys.map((key) => this.#findDelivery(key)).filter((delivery) => delivery !== undefined);
  }

  #findEvent(key: EventKey): EventRecord | undefined {
    const row = this.#read('reading events', (reader) => findEvent(reader, key));
    return row && !isExpired(row.expiresAt, this.#expiry.now()) ? readEvent(key, row) : undefined;
  }

  /** Skips a row that a person edited wrongly: it must not hide the others. */
  #findDelivery(key: DeliveryKey): Delivery | undefined {
    try {
      const row = this.#read('reading deliveries', (reader) => findDelivery(reader, key));
      return row && !isExpired(row.expiresAt, this.#expiry.now()) ? readDelivery(key, row) : undefined;
    } catch (error) {
      if (!(error instanceof UnreadableRowError)) throw error;
      this.#telemetry.warn(`passed over: ${error.message}`);
      return undefined;
    }
  }

  #read<Result>(what: string, read: (reader: Connection) => Result): Result {
    return orStoreFailure(what, () => read(this.#reader));
  }
}
