/** The EventLog table as the functions use it: events, payloads, deliveries, and the index of unfinished work. */
import type { Delivery, DeliveryKey } from '../model/delivery.ts';
import type { DeliveryState } from '../model/delivery-state.ts';
import type { EventChanges, EventKey, EventRecord, Outcomes, Payload } from '../model/event.ts';
import type { Alias, EndpointId, EventId, OrderKey } from '../model/ids.ts';
import type { Change } from '../model/item-changes.ts';
import type { Outcome } from '../model/outcome.ts';

/** An entry of the `owed` index: unfinished work that is due at `dueAt`. */
export type OwedItem = { readonly owedTo: string; readonly dueAt: Date } & (
  | ({ readonly kind: 'event' } & EventKey)
  | ({ readonly kind: 'delivery' } & DeliveryKey)
);

export type OwedDelivery = Extract<OwedItem, { readonly kind: 'delivery' }>;

/** The condition for a change of a delivery row. */
export interface DeliveryCondition {
  readonly state: DeliveryState;
  /** The lease id that the row must have; undefined for none. */
  readonly leaseId: string | undefined;
}

/** Attributes of a delivery row to write. Null removes an attribute. */
export type DeliveryChange = { readonly [Name in Exclude<DeliveryAttribute, keyof DeliveryKey>]?: unknown };
type DeliveryAttribute = Delivery extends infer Variant
  ? Variant extends Variant
    ? keyof Variant
    : never
  : never;

/** Attributes to write when fan-out of an event starts again. */
export interface FanOutAttempt {
  readonly fanOutAttempts: number;
  readonly quarantinedUntil?: Date;
  readonly abandonedAt?: Date;
  readonly owedTo?: string;
  readonly dueAt?: Date;
}

/** The result of an event's fan-out. */
export interface FanOutResult extends EventChanges {
  readonly changes: readonly Change[];
  readonly outcomes: Outcomes;
  readonly fannedOutAt: Date;
  /** The disabled endpoints for which it was cancelled, without a delivery row. Operators can list such events. */
  readonly cancelledFor?: readonly EndpointId[];
}

export interface EventsOptions {
  /** Leaves out events that are older than this one. */
  readonly oldest?: EventId;
  /** Leaves out the attributes `changes` and `outcomes`. To parse them takes longer than to read everything else. */
  readonly outline?: boolean;
}

/** The part of the {@link EventLog} that ingest needs. */
export interface EventStore {
  /** The greatest event id of an order. Reads one row. */
  newestEventId(orderKey: OrderKey): Promise<EventId | undefined>;
  /**
   * Resolves when a row can hold the payload, whatever its event and its order. Makes no call.
   *
   * @throws PayloadTooLargeError
   */
  checkPayload(payload: Payload): Promise<void>;
  /**
   * Writes an event's payload unless one exists. An erased payload leaves a tombstone, so it is not written again.
   * Resolves when the payload is durable.
   *
   * @throws PayloadTooLargeError
   */
  putPayload(key: EventKey, payload: Payload): Promise<void>;
  /**
   * Writes an event's row, owed to fan-out, unless one exists. Resolves when the row is durable. Call it after
   * {@link putPayload} has resolved: then a row without a payload means that the payload expired or was erased.
   */
  putEvent(event: EventRecord, dueAt: Date): Promise<void>;
  /**
   * Does {@link putPayload} and {@link putEvent} in one transaction. Absent where a transaction costs more than the two
   * writes, as in DynamoDB.
   *
   * @throws PayloadTooLargeError
   */
  putEventWithPayload?(event: EventRecord, payload: Payload, dueAt: Date): Promise<void>;
}

/**
 * The EventLog table. Every method is one operation on one partition. Reads are consistent unless stated otherwise. Every
 * method may reject with a {@link StoreError}; the operation may or may not have taken effect then.
 */
export interface EventLog extends EventStore {
  /** An order's events, newest first. Each page is read when the caller asks for it. */
  eventsNewestFirst(orderKey: OrderKey, options?: EventsOptions): AsyncIterable<EventRecord>;
  event(key: EventKey): Promise<EventRecord | undefined>;
  /** Undefined when it expired or was erased. */
  payload(key: EventKey): Promise<Payload | undefined>;
  /** The delivery rows of an order, oldest event first: of all endpoints, or of one. */
  deliveries(orderKey: OrderKey, endpointId?: EndpointId): Promise<Delivery[]>;
  /** False when a row exists. An unfinished delivery never expires. */
  putDeliveryIfAbsent(delivery: Delivery): Promise<boolean>;
  /** False, and nothing is written, when the row does not meet the condition. */
  updateDelivery(key: DeliveryKey, only: DeliveryCondition, change: DeliveryChange): Promise<boolean>;
  /** Writes the result and removes the event from the `owed` index, in one update. False when it was fanned out before. */
  finishFanOut(key: EventKey, result: FanOutResult): Promise<boolean>;
  /** Records that fan-out starts again. False when it has ended, or another run has started, since the event was read. */
  recordFanOutAttempt(event: EventRecord, change: FanOutAttempt): Promise<boolean>;
  /**
   * Writes the outcome of one endpoint, and lets the event expire together with the delivery that was just settled.
   * @param previous the outcome as it was read; undefined when there was none
   * @returns false, and nothing is written, when the outcome has changed, or the event is absent or not fanned out
   */
  recordOutcome(
    key: EventKey,
    endpointId: EndpointId,
    outcome: Outcome,
    previous: Outcome | undefined,
  ): Promise<boolean>;
  /**
   * The entries of one list that are due before a time, earliest first. Eventually consistent.
   * @param dueSince skips entries that were due earlier
   */
  owed(owedTo: string, dueBefore: Date, limit: number, dueSince?: Date): Promise<OwedItem[]>;
  /** The id of the newest webhook since a time. Notices and tests do not count. Eventually consistent. */
  newestWebhook(since: Date): Promise<EventId | undefined>;
  /** Changes `dueAt`. False when `owedTo` or `dueAt` have changed since the entry was read. */
  postpone(item: OwedItem, dueAt: Date): Promise<boolean>;
  /** Writes an alias. It replaces an alias with the same keys, and leaves those of other orders. */
  putAlias(alias: Alias): Promise<void>;
}

/** The table refused a call or did not answer in time. The call may or may not have taken effect. */
export class StoreError extends Error {
  override readonly name: string = 'StoreError';
}

/** A row is malformed. A person must fix it. */
export class UnreadableRowError extends StoreError {
  override readonly name = 'UnreadableRowError';
}

/** The table refuses the row itself. The same call fails every time. */
export class RowRefusedError extends StoreError {
  override readonly name = 'RowRefusedError';
}

/** Even compressed, the payload exceeds DynamoDB's item limit of 400 KB. */
export class PayloadTooLargeError extends Error {
  override readonly name = 'PayloadTooLargeError';
}
