/** The EventLog table as the functions use it: events, payloads, deliveries, and the index of unfinished work. */
import type { Delivery, DeliveryKey } from '../model/delivery.ts';
import type { DeliveryState } from '../model/delivery-state.ts';
import type { EventKey, EventRecord, Outcomes, Payload } from '../model/event.ts';
import type { EndpointId, EventId, OrderKey } from '../model/ids.ts';
import type { Change } from '../model/item-changes.ts';
import type { Outcome } from '../model/outcome.ts';

/** A row that stands in the `owed` index: something that should have happened by `dueAt`. */
export type OwedItem = { readonly owedTo: string; readonly dueAt: Date } & (
  | ({ readonly kind: 'event' } & EventKey)
  | ({ readonly kind: 'delivery' } & DeliveryKey)
);

/** What a delivery row must still say for a change of it to be made. */
export interface DeliveryCondition {
  readonly state: DeliveryState;
  /** The lease that it must be under; `undefined` for one that was never leased or has given its lease back. */
  readonly leaseId: string | undefined;
}

/** Attributes of a delivery row to write; `null` removes one. */
export type DeliveryChange = { readonly [Name in Exclude<DeliveryAttribute, keyof DeliveryKey>]?: unknown };
type DeliveryAttribute = Delivery extends infer Variant
  ? Variant extends Variant
    ? keyof Variant
    : never
  : never;

/** What is noted of a fan-out that is begun again. */
export interface FanOutAttempt {
  readonly fanOutAttempts: number;
  readonly quarantinedUntil?: Date;
  readonly abandonedAt?: Date;
  readonly owedTo?: string;
  readonly dueAt?: Date;
}

/** What fan-out found out about an event. */
export interface FanOutResult {
  readonly changes: readonly Change[];
  readonly outcomes: Outcomes;
  readonly fannedOutAt: Date;
}

/**
 * The EventLog table. Every method is one operation on one partition, reads are consistent unless said otherwise,
 * and every method may reject with a {@link StoreError}, whatever it then did or did not do.
 */
export interface EventLog {
  /** The greatest event id of an order; one row is read. */
  newestEventId(orderKey: OrderKey): Promise<EventId | undefined>;
  /**
   * Writes an event's payload unless there is one. An erased payload counts as one, so it never returns. Resolves once
   * one of them is durable.
   *
   * @throws PayloadTooLargeError
   */
  putPayload(key: EventKey, payload: Payload): Promise<void>;
  /**
   * Writes an event's row, owed to fan-out, unless there is one. Resolves once one of them is durable. To be called after
   * {@link putPayload} has resolved: so a row without a payload means that the payload has expired or was erased.
   */
  putEvent(event: EventRecord, dueAt: Date): Promise<void>;
  /** An order's events from the newest to the oldest, page by page as they are asked for. */
  eventsNewestFirst(orderKey: OrderKey): AsyncIterable<EventRecord>;
  event(key: EventKey): Promise<EventRecord | undefined>;
  /** Undefined when it has expired or was erased. */
  payload(key: EventKey): Promise<Payload | undefined>;
  /** All delivery rows of an order, oldest event first. */
  deliveries(orderKey: OrderKey): Promise<Delivery[]>;
  /** False when there is one already. A delivery expires only once it is settled, however long that takes. */
  putDeliveryIfAbsent(delivery: Delivery): Promise<boolean>;
  /** False, and nothing is written, when the row no longer says what `only` says. */
  updateDelivery(key: DeliveryKey, only: DeliveryCondition, change: DeliveryChange): Promise<boolean>;
  /** Writes what fan-out found and clears what was owed, in one update; false when it had been fanned out already. */
  finishFanOut(key: EventKey, result: FanOutResult): Promise<boolean>;
  /** Notes that a fan-out is begun again; false when it has ended, or has been begun by another, since it was read. */
  recordFanOutAttempt(event: EventRecord, change: FanOutAttempt): Promise<boolean>;
  /**
   * Sets one endpoint's outcome, and keeps the event for as long as the delivery that was just settled.
   * @param previous the outcome as it was read; undefined when there was none
   * @returns false, and nothing is written, when it has changed since, when the event is not fanned out, or when it is gone
   */
  recordOutcome(
    key: EventKey,
    endpointId: EndpointId,
    outcome: Outcome,
    previous: Outcome | undefined,
  ): Promise<boolean>;
  /**
   * What is owed to one list and was due before a moment, the longest overdue first. Eventually consistent.
   * @param dueSince nothing that was due before
   */
  owed(owedTo: string, dueBefore: Date, limit: number, dueSince?: Date): Promise<OwedItem[]>;
  /** The newest webhook of all orders, if one came since; notices and tests are none. Eventually consistent. */
  newestWebhook(since: Date): Promise<EventId | undefined>;
  /** Moves `dueAt` on; false when the row is no longer owed and due as it was read. */
  postpone(item: OwedItem, dueAt: Date): Promise<boolean>;
  /** Points from the id that people know an order by to its partition. Idempotent. */
  putAlias(aliasKey: OrderKey, orderKey: OrderKey): Promise<void>;
}

/** The store refused, or did not answer in time; what was asked may or may not have been done. */
export class StoreError extends Error {
  override readonly name: string = 'StoreError';
}

/** A row is there, but says nothing that could be worked with: only a person can mend it. */
export class UnreadableRowError extends StoreError {
  override readonly name = 'UnreadableRowError';
}

/** The payload cannot be kept: even compressed it passes DynamoDB's 400 KB for an item. */
export class PayloadTooLargeError extends Error {
  override readonly name = 'PayloadTooLargeError';
}
