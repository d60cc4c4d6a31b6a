/** The tables and dead-letter queues as an operator uses them. The functions' ports are in the files beside this one. */
import type { Delivery, DeliveryKey } from '../model/delivery.ts';
import type { EventKey, EventRecord } from '../model/event.ts';
import type { Alias, EndpointId, EventId, OrderKey, SourceId } from '../model/ids.ts';
import type { ConfigRow } from './config-table.ts';
import type { OwedItem } from './event-log.ts';
import type { Expressions } from './expressions.ts';

/** Which owed items to read. */
export interface OwedQuery {
  /** Skip items with an earlier `dueAt`. */
  readonly dueSince: Date;
  /** Skip items with this `dueAt` or a later one. */
  readonly dueBefore?: Date | undefined;
  /** Latest `dueAt` first; otherwise earliest first. */
  readonly backwards?: boolean;
  /** Items to read per list in one request. */
  readonly pageSize: number;
}

/** A range of event ids. */
export interface EventRange {
  /** Skip events with an id from before this time. */
  readonly since: Date;
  /** Skip this event and newer ones. */
  readonly before?: EventId | undefined;
  /** Oldest first; otherwise newest first. */
  readonly oldestFirst?: boolean;
  /** Keys to read per list in one request. */
  readonly pageSize: number;
}

/** The list of events that were cancelled for more than one endpoint. No endpoint's id contains a `#`. */
export const SEVERAL_ENDPOINTS = '#several';
export type CancelledList = EndpointId | typeof SEVERAL_ENDPOINTS;

/** Which events to list. */
export interface EventQuery {
  /** Skip events with an id from before this time. */
  readonly since: Date;
  /** All sources when absent. */
  readonly source?: SourceId;
  readonly limit: number;
}

/**
 * Reads events and deliveries across orders. The `EventLog` port reads a single order.
 *
 * Lookups through an index are eventually consistent: an item can be missing for a moment after it is written, and
 * present for a moment after it is removed. Rows are read consistently. Expired rows count as absent.
 * Every method may reject with a {@link StoreError}, and every iteration may end in one.
 */
export interface EventReader {
  /** The order of an event. Undefined when no index entry has this id. Eventually consistent. */
  orderOfEvent(eventId: EventId): Promise<OrderKey | undefined>;
  /** The aliases of all orders with an id, in no particular order. Consistent. */
  aliasesOf(aliasKey: OrderKey): Promise<Alias[]>;
  /** Up to `limit` events of all orders, newest first. Eventually consistent. */
  newest(query: EventQuery): Promise<EventRecord[]>;
  /**
   * All events of all orders with an id from `since` or later, oldest first, in batches of at most 100. Each batch is
   * read when the caller asks for it. Eventually consistent.
   */
  oldestFirst(since: Date): AsyncIterable<EventRecord[]>;
  /**
   * All events of all orders with an id from `since` or later, newest first, in batches of at most `batchSize`, which is
   * 1 to 100. Each batch is read when the caller asks for it. Eventually consistent.
   */
  newestFirst(since: Date, batchSize: number): AsyncIterable<EventRecord[]>;
  /**
   * Items of the given lists of the `owed` index, as one sequence ordered by `dueAt`. Pages are read when the caller
   * asks for them. Items whose key cannot be parsed are skipped with a warning. Eventually consistent.
   */
  owed(lists: readonly string[], query: OwedQuery): AsyncIterable<OwedItem>;
  /** The keys of all events. Pages are read when the caller asks for them. Eventually consistent, and includes expired events. */
  eventKeys(range: EventRange): AsyncIterable<EventKey>;
  /** The keys of an endpoint's delivery rows, by event. Otherwise like {@link eventKeys}. */
  deliveryKeys(endpointId: EndpointId, range: EventRange): AsyncIterable<DeliveryKey>;
  /**
   * The keys of events that fan-out cancelled for disabled endpoints, without a delivery row. An event is in one list: that
   * of its endpoint, or {@link SEVERAL_ENDPOINTS}. It stays there when it is resent: its outcomes say so. Otherwise like
   * {@link eventKeys}.
   */
  cancelledEventKeys(lists: readonly CancelledList[], range: EventRange): AsyncIterable<EventKey>;
  /** The events with these keys, in the order of the keys. Absent events are left out. Consistent. */
  eventsOf(keys: readonly EventKey[]): Promise<EventRecord[]>;
  /**
   * The deliveries with these keys, in the order of the keys. Absent deliveries are left out; so are unreadable ones,
   * with a warning. Consistent.
   */
  deliveriesOf(keys: readonly DeliveryKey[]): Promise<Delivery[]>;
}

/** Changes events. Every method is one conditional write to one row, and may reject with a {@link StoreError}. */
export interface EventWriter {
  /**
   * Returns an event to fan-out after fan-out gave up on it. `fanOutAttempts` restarts at 1, not at 0: a failed run may
   * have sent the event, and ordering must take that into account.
   *
   * @param dueAt when sweep enqueues the event if nobody else does
   * @returns false when fan-out has not given up on the event, or the event is absent; nothing is written then
   */
  retryFanOut(event: EventKey, dueAt: Date): Promise<boolean>;
}

/** Erases the personal data of an order. Every method may reject with a {@link StoreError}. */
export interface EventEraser {
  /**
   * The keys of all payloads of an order that were not erased, oldest first. It includes payloads that have expired but
   * are not deleted yet, and payloads without an event. Consistent.
   */
  payloadKeys(orderKey: OrderKey): Promise<EventKey[]>;
  /**
   * Deletes a payload's content and leaves a tombstone, so that the payload cannot be stored again.
   *
   * @returns false when there is no payload, or it was erased before; nothing is written then
   */
  erasePayload(key: EventKey, erasedAt: Date): Promise<boolean>;
  /** Sets an event's `forgottenAt`. False, and nothing is written, when the event is absent. */
  noteForgotten(key: EventKey, forgottenAt: Date): Promise<boolean>;
}

/** The kinds of Config rows that a person may write. The functions write health rows. */
export type WritableKind = 'endpoint' | 'source';

/** Attributes to write; null removes one. */
export type ConfigChange = Readonly<Record<string, unknown>>;

/** Writes the Config table. Every method is one call on one row, and may reject with a {@link StoreError}. */
export interface ConfigWriter {
  /** The current row, unparsed. Consistent. */
  row(kind: WritableKind, id: string): Promise<ConfigRow | undefined>;
  /** False, and nothing is written, when a row with this id exists. */
  add(kind: WritableKind, id: string, attributes: ConfigRow['attributes']): Promise<boolean>;
  /** Writes the given attributes and leaves the others. False, and nothing is written, when there is no such row. */
  change(kind: WritableKind, id: string, change: ConfigChange): Promise<boolean>;
  /** False when there is no such row. */
  remove(kind: WritableKind, id: string): Promise<boolean>;
}

/** A message received from a dead-letter queue. Its receipt handle is valid until the message becomes visible again. */
export interface DeadLetter {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly sentAt?: Date;
  readonly receiveCount: number;
  /** Why a function moved the message here; absent when SQS moved it after too many receives. */
  readonly reason?: string;
  readonly groupId?: string;
}

/**
 * One dead-letter queue. Delivery is at least once: a message can be received, and redriven, more than once.
 * Every method may reject with the error of the queue service.
 */
export interface DeadLetters {
  /** The approximate number of messages, visible or not. */
  count(): Promise<number>;
  /**
   * Receives up to ten visible messages and hides them from other receivers. Empty when none is visible. A FIFO queue
   * returns no further message of a group while one of its messages is hidden.
   */
  receive(hiddenForSeconds: number): Promise<DeadLetter[]>;
  /** Makes received messages visible again at once. A message that cannot be returned becomes visible at its timeout. */
  giveBack(letters: readonly Pick<DeadLetter, 'receiptHandle'>[]): Promise<void>;
  /**
   * Sends a message to its main queue, and then deletes it here. On a rejection the message can be in both queues,
   * never in none.
   */
  sendBack(letter: DeadLetter): Promise<void>;
  /** Deletes a received message. Idempotent. */
  delete(letter: Pick<DeadLetter, 'receiptHandle'>): Promise<void>;
}

/** Evaluates expressions on the operator's machine until it is closed. */
export interface ExpressionSession extends Expressions {
  /** Ends the process that evaluates. Idempotent. */
  close(): void;
}
