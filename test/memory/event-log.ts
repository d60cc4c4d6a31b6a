/** The EventLog, EventWriter and EventEraser ports in memory: every operation is done at once and as a whole, like one on a row of DynamoDB. */
import { isDeepStrictEqual } from 'node:util';
import { gzipSync } from 'node:zlib';
import { after, type Clock } from '../../lib/relay/model/clock.ts';
import {
  type Delivery,
  type DeliveryAttributes,
  type DeliveryKey,
  isSettled,
  toDelivery,
} from '../../lib/relay/model/delivery.ts';
import type { EventKey, EventRecord, Outcomes, Payload } from '../../lib/relay/model/event.ts';
import {
  type Alias,
  type EndpointId,
  type EventId,
  firstEventIdAt,
  isRelayEvent,
  type OrderKey,
  shardOf,
} from '../../lib/relay/model/ids.ts';
import type { Outcome } from '../../lib/relay/model/outcome.ts';
import { recordOf } from '../../lib/relay/model/record-of.ts';
import {
  type DeliveryChange,
  type DeliveryCondition,
  type EventLog,
  type EventsOptions,
  type FanOutAttempt,
  type FanOutResult,
  type OwedItem,
  PayloadTooLargeError,
} from '../../lib/relay/ports/event-log.ts';
import type { EventEraser, EventWriter } from '../../lib/relay/ports/operator.ts';
import { OwedIndex } from './owed-index.ts';

const DAY_MS = 24 * 60 * 60_000;
/** The limit of a row, and the part of it that a row needs beside content type and body. */
const ROW_LIMIT_BYTES = 400 * 1024;
const FRAME_BYTES = 2_560;
/** A body up to this size is not compressed. */
const READABLE_LIMIT_BYTES = 256 * 1024;

const ERASED = 'erased';

interface Owed {
  readonly owedTo?: string;
  readonly dueAt?: Date;
}

interface EventRow extends EventRecord, Owed {
  readonly cancelledFor?: readonly EndpointId[];
}

interface Kept<Value> {
  readonly value: Value;
  /** Absent from a delivery that is pending. */
  readonly expiresAt: Date | undefined;
}

interface Order {
  readonly events: Map<EventId, Kept<EventRow>>;
  readonly payloads: Map<EventId, Kept<Payload | typeof ERASED>>;
  /** By `eventId#endpointId`. */
  readonly deliveries: Map<string, Kept<DeliveryAttributes>>;
  /** The ids of all deliveries in their order; undefined when a row has come or gone since. */
  deliveryIds: readonly string[] | undefined;
}

export class MemoryEventLog implements EventLog, EventWriter, EventEraser {
  readonly #clock: Clock;
  readonly #retentionMs: number;
  readonly #orders = new Map<OrderKey, Order>();
  readonly #owed = new OwedIndex();
  /** Orders whose rows may have changed since the index was last brought up to date. */
  readonly #touched = new Set<OrderKey>();
  /** Rows are never changed, only replaced. The simulation reads most of them many times. */
  readonly #read = new WeakMap<DeliveryAttributes, Delivery>();
  /** By alias key, and by the order's key. */
  readonly aliases = new Map<OrderKey, Map<OrderKey, Alias>>();

  /** Tests set it to stand for a table with transactions. */
  putEventWithPayload?: NonNullable<EventLog['putEventWithPayload']>;

  constructor(clock: Clock, retentionDays = 30) {
    this.#clock = clock;
    this.#retentionMs = retentionDays * DAY_MS;
  }

  async newestEventId(orderKey: OrderKey): Promise<EventId | undefined> {
    return newest(this.#order(orderKey).events.keys());
  }

  async checkPayload(payload: Payload): Promise<void> {
    refuseTooLarge(payload);
  }

  async putPayload({ orderKey, eventId }: EventKey, payload: Payload): Promise<void> {
    refuseTooLarge(payload);
    const { payloads } = this.#touch(orderKey);
    if (!payloads.has(eventId)) payloads.set(eventId, this.#keep(payload));
  }

  async putEvent(event: EventRecord, dueAt: Date): Promise<void> {
    const { events } = this.#touch(event.orderKey);
    const { fannedOutAt: _, ...record } = event;
    const row = { ...record, owedTo: fanOutList(event.eventId), dueAt };
    if (!events.has(event.eventId)) events.set(event.eventId, this.#keep(row));
  }

  async payloadKeys(orderKey: OrderKey): Promise<EventKey[]> {
    const stored = [...this.#order(orderKey).payloads].filter(([, { value }]) => value !== ERASED);
    return stored
      .map(([eventId]) => eventId)
      .sort()
      .map((eventId) => ({ orderKey, eventId }));
  }

  async erasePayload({ orderKey, eventId }: EventKey, _erasedAt?: Date): Promise<boolean> {
    const { payloads } = this.#touch(orderKey);
    const payload = payloads.get(eventId);
    if (payload === undefined || payload.value === ERASED) return false;
    this.#replace(payloads, eventId, ERASED);
    return true;
  }

  async noteForgotten({ orderKey, eventId }: EventKey, forgottenAt = this.#clock.now()): Promise<boolean> {
    const { events } = this.#touch(orderKey);
    const event = events.get(eventId)?.value;
    if (event === undefined) return false;
    this.#replace(events, eventId, { ...event, forgottenAt });
    return true;
  }

  async retryFanOut({ orderKey, eventId }: EventKey, dueAt: Date): Promise<boolean> {
    const { events } = this.#touch(orderKey);
    const event = events.get(eventId)?.value;
    if (event?.abandonedAt === undefined || event.fannedOutAt !== undefined) return false;
    const { abandonedAt: _, quarantinedUntil: __, ...rest } = event;
    this.#replace(events, eventId, { ...rest, fanOutAttempts: 1, owedTo: fanOutList(eventId), dueAt });
    return true;
  }

  /** The keys of all events of all orders, oldest first, expired ones included. */
  allEventKeys(): EventKey[] {
    const keys = [...this.#orders].flatMap(([orderKey, { events }]) =>
      [...events.keys()].map((eventId) => ({ orderKey, eventId })),
    );
    return keys.sort((a, b) => (a.eventId < b.eventId ? -1 : 1));
  }

  /** The events that fan-out cancelled for endpoints, without a row. */
  cancelledEvents(): (EventKey & { readonly cancelledFor: readonly EndpointId[] })[] {
    return [...this.#orders].flatMap(([orderKey, { events }]) =>
      [...events].flatMap(
        ([
          eventId,
          {
            value: { cancelledFor = [] },
          },
        ]) => (cancelledFor.length > 0 ? [{ orderKey, eventId, cancelledFor }] : []),
      ),
    );
  }

  /** The keys of all delivery rows, expired ones included. */
  allDeliveryKeys(): DeliveryKey[] {
    return [...this.#orders.values()].flatMap(({ deliveries }) =>
      [...deliveries.values()].map(({ value: { orderKey, eventId, endpointId } }) => ({
        orderKey,
        eventId,
        endpointId,
      })),
    );
  }

  async *eventsNewestFirst(
    orderKey: OrderKey,
    { oldest, outline = false }: EventsOptions = {},
  ): AsyncGenerator<EventRecord, void, undefined> {
    const ids = [...this.#order(orderKey).events.keys()]
      .filter((id) => oldest === undefined || id >= oldest)
      .sort()
      .reverse();
    for (const eventId of ids) {
      const event = this.#event({ orderKey, eventId });
      if (event === undefined) continue;
      const { changes: _, outcomes: __, ...short } = event;
      yield outline ? short : event;
    }
  }

  async event(key: EventKey): Promise<EventRecord | undefined> {
    return this.#event(key);
  }

  #event({ orderKey, eventId }: EventKey): EventRecord | undefined {
    const event = this.#alive(this.#order(orderKey).events.get(eventId));
    if (event === undefined) return undefined;
    const { owedTo: _, dueAt: __, cancelledFor: ___, ...record } = event;
    return record;
  }

  async payload({ orderKey, eventId }: EventKey): Promise<Payload | undefined> {
    const payload = this.#alive(this.#order(orderKey).payloads.get(eventId));
    return payload === ERASED ? undefined : payload;
  }

  async deliveries(orderKey: OrderKey, endpointId?: EndpointId): Promise<Delivery[]> {
    const order = this.#order(orderKey);
    const rows = order.deliveries;
    const nowMs = this.#clock.now().getTime();
    const alive: Delivery[] = [];
    order.deliveryIds ??= [...rows.keys()].sort();
    for (const id of order.deliveryIds) {
      const kept = rows.get(id);
      if (kept === undefined || !isAlive(kept, nowMs)) continue;
      if ((endpointId ?? kept.value.endpointId) === kept.value.endpointId)
        alive.push(this.#delivery(kept.value));
    }
    return alive;
  }

  async putDeliveryIfAbsent(delivery: Delivery): Promise<boolean> {
    const order = this.#touch(delivery.orderKey);
    const id = rowId(delivery);
    if (order.deliveries.has(id)) return false;
    order.deliveryIds = undefined;
    order.deliveries.set(
      id,
      isSettled(delivery) ? this.#keep(delivery) : { value: delivery, expiresAt: undefined },
    );
    return true;
  }

  async updateDelivery(key: DeliveryKey, only: DeliveryCondition, change: DeliveryChange): Promise<boolean> {
    const { deliveries } = this.#touch(key.orderKey);
    const id = rowId(key);
    const row = deliveries.get(id)?.value;
    if (row === undefined || row.state !== only.state || !hasLease(row, only)) return false;
    const value = changed(row, change);
    if (change.state === undefined) this.#replace(deliveries, id, value);
    else if (isSettled(toDelivery(value))) deliveries.set(id, this.#keep(value));
    else deliveries.set(id, { value, expiresAt: undefined });
    return true;
  }

  async finishFanOut({ orderKey, eventId }: EventKey, result: FanOutResult): Promise<boolean> {
    const { events } = this.#touch(orderKey);
    const event = events.get(eventId)?.value;
    if (event === undefined || event.fannedOutAt !== undefined) return false;
    const { owedTo: _, dueAt: __, quarantinedUntil: ___, abandonedAt: ____, ...record } = event;
    this.#replace(events, eventId, { ...record, ...result, outcomes: outcomesOf(result) });
    return true;
  }

  async recordFanOutAttempt(event: EventRecord, change: FanOutAttempt): Promise<boolean> {
    const { events } = this.#touch(event.orderKey);
    const row = events.get(event.eventId)?.value;
    if (row === undefined || row.fannedOutAt !== undefined || row.fanOutAttempts !== event.fanOutAttempts)
      return false;
    this.#replace(events, event.eventId, { ...row, ...change });
    return true;
  }

  async recordOutcome(
    { orderKey, eventId }: EventKey,
    endpointId: EndpointId,
    outcome: Outcome,
    previous: Outcome | undefined,
  ): Promise<boolean> {
    const { events } = this.#touch(orderKey);
    const event = this.#alive(events.get(eventId));
    if (event?.fannedOutAt === undefined || !isDeepStrictEqual(outcomesOf(event)[endpointId], previous))
      return false;
    const value = { ...event, outcomes: outcomesOf(event, [[endpointId, outcome]]) };
    events.set(eventId, this.#keep(value));
    return true;
  }

  /** Everything that is owed to anyone, whenever it is due. */
  allOwed(): OwedItem[] {
    return [...this.#orders].flatMap(([orderKey, order]) => owedOf(orderKey, order));
  }

  async owed(owedTo: string, dueBefore: Date, limit: number, dueSince = new Date(0)): Promise<OwedItem[]> {
    for (const orderKey of this.#touched) {
      const order = this.#orders.get(orderKey);
      if (order !== undefined) this.#owed.replace(orderKey, owedOf(orderKey, order));
    }
    this.#touched.clear();
    return this.#owed.select(owedTo, dueSince, dueBefore, limit);
  }

  async newestWebhook(since: Date): Promise<EventId | undefined> {
    const first = firstEventIdAt(since);
    const ofOrders = [...this.#orders].map(([orderKey, { events }]) =>
      isRelayEvent(orderKey) ? undefined : newest(events.keys()),
    );
    return newest(ofOrders.filter((id) => id !== undefined && id >= first));
  }

  async postpone(item: OwedItem, dueAt: Date): Promise<boolean> {
    const { events, deliveries } = this.#touch(item.orderKey);
    return item.kind === 'event'
      ? this.#postponeIn(events, item.eventId, item, dueAt)
      : this.#postponeIn(deliveries, rowId(item), item, dueAt);
  }

  #postponeIn<Id, Value extends Owed>(
    rows: Map<Id, Kept<Value>>,
    id: Id,
    { owedTo, dueAt: asRead }: OwedItem,
    dueAt: Date,
  ): boolean {
    const row = rows.get(id)?.value;
    if (row?.owedTo !== owedTo || row.dueAt?.getTime() !== asRead.getTime()) return false;
    this.#replace(rows, id, { ...row, dueAt });
    return true;
  }

  async putAlias(alias: Alias): Promise<void> {
    const orders = this.aliases.get(alias.aliasKey) ?? new Map<OrderKey, Alias>();
    this.aliases.set(alias.aliasKey, orders.set(alias.orderKey, alias));
  }

  /**
   * Deletes expired rows one by one, as DynamoDB does when it gets to it.
   * @param mayGo decides for each row, by a name that no other row has
   */
  deleteExpired(mayGo: (row: string, expiresAt: Date) => boolean): void {
    const now = this.#clock.now();
    for (const [orderKey, order] of this.#orders) {
      const { events, payloads, deliveries } = order;
      for (const [kind, rows] of Object.entries({ events, payloads, deliveries })) {
        for (const [id, { expiresAt }] of rows as Map<string, Kept<unknown>>) {
          if (expiresAt === undefined || expiresAt > now || !mayGo(`${kind} ${orderKey} ${id}`, expiresAt))
            continue;
          rows.delete(id as EventId);
          order.deliveryIds = undefined;
          this.#touched.add(orderKey);
        }
      }
    }
  }

  #order(orderKey: OrderKey): Order {
    const known = this.#orders.get(orderKey);
    if (known !== undefined) return known;
    const order: Order = {
      events: new Map(),
      payloads: new Map(),
      deliveries: new Map(),
      deliveryIds: undefined,
    };
    this.#orders.set(orderKey, order);
    this.#touched.add(orderKey);
    return order;
  }

  /** The order, whose rows are about to change. */
  #touch(orderKey: OrderKey): Order {
    this.#touched.add(orderKey);
    return this.#order(orderKey);
  }

  #keep<Value>(value: Value): Kept<Value> {
    return { value, expiresAt: after(this.#clock.now(), this.#retentionMs) };
  }

  #replace<Id, Value>(rows: Map<Id, Kept<Value>>, id: Id, value: Value): void {
    const { expiresAt } = rows.get(id) ?? this.#keep(value);
    rows.set(id, { value, expiresAt });
  }

  #delivery(row: DeliveryAttributes): Delivery {
    const delivery = this.#read.get(row) ?? toDelivery(row);
    this.#read.set(row, delivery);
    return delivery;
  }

  #alive<Value>(kept: Kept<Value> | undefined): Value | undefined {
    return kept !== undefined && isAlive(kept, this.#clock.now().getTime()) ? kept.value : undefined;
  }
}

function outcomesOf(
  { outcomes = {} }: Pick<EventRecord, 'outcomes'>,
  more: [EndpointId, Outcome][] = [],
): Outcomes {
  return recordOf([...(Object.entries(outcomes) as [EndpointId, Outcome][]), ...more]);
}

function isAlive({ expiresAt }: Kept<unknown>, nowMs: number): boolean {
  return expiresAt === undefined || expiresAt.getTime() > nowMs;
}

function refuseTooLarge({ contentType = '', body }: Payload): void {
  const frameBytes = FRAME_BYTES + Buffer.byteLength(contentType);
  if (frameBytes + body.length <= READABLE_LIMIT_BYTES) return;
  if (frameBytes + gzipSync(body).length <= ROW_LIMIT_BYTES) return;
  throw new PayloadTooLargeError(`payload of ${body.length} bytes does not fit a row`);
}

function newest(ids: Iterable<EventId | undefined>): EventId | undefined {
  let last: EventId | undefined;
  for (const id of ids) if (id !== undefined && (last === undefined || id > last)) last = id;
  return last;
}

const fanOutList = (eventId: EventId) => `fan-out#${shardOf(eventId)}`;

const rowId = ({ eventId, endpointId }: DeliveryKey) => `${eventId}#${endpointId}`;

function hasLease({ leaseId }: DeliveryAttributes, only: DeliveryCondition): boolean {
  if (only.state !== 'leased' && only.leaseId === undefined) return true;
  return leaseId === only.leaseId || (only.leaseId === '' && leaseId === undefined);
}

function changed(row: DeliveryAttributes, change: DeliveryChange): DeliveryAttributes {
  const after: Record<string, unknown> = { ...row };
  for (const [name, value] of Object.entries(change)) {
    if (value === null) delete after[name];
    else after[name] = value;
  }
  return after as unknown as DeliveryAttributes;
}

function owedOf(orderKey: OrderKey, { events, deliveries }: Order): OwedItem[] {
  const items: OwedItem[] = [];
  for (const [eventId, { value }] of events) {
    const { owedTo, dueAt } = value;
    if (owedTo && dueAt) items.push({ kind: 'event', orderKey, eventId, owedTo, dueAt });
  }
  for (const { value } of deliveries.values()) {
    const { eventId, endpointId, owedTo, dueAt } = value;
    if (owedTo && dueAt) items.push({ kind: 'delivery', orderKey, eventId, endpointId, owedTo, dueAt });
  }
  return items;
}
