/** What the relay needs of the world. `lib/aws` implements it over AWS; the tests implement it in memory. */
import type { Change } from './changes.ts';
import type { Delivery, DeliveryKey, DeliveryState } from './delivery.ts';
import type { EventKey, EventRecord, Outcomes, Payload } from './event.ts';
import type { ExpressionInput } from './expression-input.ts';
import type { EndpointId, EventId, OrderKey } from './ids.ts';

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
export type DeliveryChange = {
  readonly [Name in Exclude<keyof Delivery, keyof DeliveryKey>]?: Delivery[Name] | null;
};

/** What is noted of a fan-out that is begun again. */
export interface FanOutTry {
  readonly fanOutTries: number;
  readonly setAsideUntil?: Date;
  readonly givenUpAt?: Date;
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
  noteFanOutTry(event: EventRecord, change: FanOutTry): Promise<boolean>;
  /**
   * Sets one endpoint's outcome, and keeps the event for as long as the delivery that was just settled.
   * @param previous the outcome as it was read; undefined when there was none
   * @returns false, and nothing is written, when it has changed since, when the event is not fanned out, or when it is gone
   */
  recordOutcome(
    key: EventKey,
    endpointId: EndpointId,
    outcome: string,
    previous: string | undefined,
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

/** The kinds of rows in the Config table. */
export type ConfigKind = 'endpoint' | 'source' | 'health';

/** The Config table as the functions see it. Rows come as they are: people write them, so they are parsed by name. */
export interface ConfigTable {
  /** All rows of a kind, unparsed but for `id`. Eventually consistent unless asked otherwise. */
  rows(kind: ConfigKind, options?: { readonly consistent?: boolean }): Promise<ConfigRow[]>;
  /** One endpoint's row of kind `health`. Consistent. */
  healthRow(endpointId: EndpointId): Promise<ConfigRow | undefined>;
  /**
   * Writes the attributes given and no others, null removing one, into the health row, which is made if need be;
   * false, and nothing is written, when the row no longer says what `only` says, undefined being an absent attribute.
   */
  updateHealth(endpointId: EndpointId, only: RowAttributes, change: RowAttributes): Promise<boolean>;
  /** False when the row no longer says what `only` says. */
  removeHealth(endpointId: EndpointId, only: RowAttributes): Promise<boolean>;
}

export type RowAttributes = Readonly<Record<string, string | number | Date | null | undefined>>;

export interface ConfigRow {
  readonly id: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** Wakes an order; `unstored` carries a whole event that the table refused. */
export interface EventMessage extends EventKey {
  /** Whether it was received before: the run that it woke then may have died after it had sent. */
  readonly receivedBefore?: boolean;
  readonly unstored?: { readonly event: EventRecord; readonly payload: Payload };
  /** Of an event whose source could not be looked up either: the SHA-256 of the token that it came with. */
  readonly tokenSha256?: string;
}

export interface EventQueue {
  /** Rejects when the queue refused or did not answer in time. */
  send(message: EventMessage): Promise<void>;
  /** Wakes orders again, under fresh deduplication ids; gives back those that could not be sent. */
  sendAgain(messages: readonly EventKey[]): Promise<EventKey[]>;
}

export interface DeliveryQueue {
  /** Delays are in whole seconds, at most 900 (SQS); gives back those that could not be sent. */
  send(messages: readonly DeliveryMessage[]): Promise<DeliveryMessage[]>;
}

export interface DeliveryMessage extends DeliveryKey {
  readonly delaySeconds: number;
}

export interface OutgoingRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Over the whole attempt: name lookup, connection, request and answer. */
  readonly timeoutMs: number;
}

export type SendResult =
  | { readonly kind: 'answer'; readonly status: number; readonly text: string; readonly retryAfter?: string }
  | { readonly kind: 'failure'; readonly error: string };

/** Makes one POST. Never rejects: that an endpoint fails is a result like any other. */
export interface Sender {
  post(request: OutgoingRequest): Promise<SendResult>;
}

/** Where secrets are kept that a row only refers to. */
export interface Secrets {
  /**
   * One secret's value, in no more time than it is given.
   * @throws SecretError
   */
  read(parameter: string, timeoutMs: number): Promise<string>;
}

/** A secret could not be read. The message says why in a word or two: `ParameterNotFound`. */
export class SecretError extends Error {
  override readonly name = 'SecretError';
}

/** Who asks for a token, and what for (RFC 6749, section 4.4). */
export interface TokenClient {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope?: string;
  readonly audience?: string;
}

export interface Token {
  readonly value: string;
  /** Absent when the server does not say. */
  readonly expiresInSeconds?: number;
}

/** Has tokens made by OAuth 2.0 servers. */
export interface TokenIssuer {
  /**
   * A fresh token, in no more time than it is given.
   * @throws TokenError
   */
  issue(client: TokenClient, timeoutMs: number): Promise<Token>;
}

/** There was no token. The message says why, and holds nothing of what was sent or where. */
export class TokenError extends Error {
  override readonly name = 'TokenError';
  /** The server does not know the client, or not with this secret. */
  readonly isRefusal: boolean;

  constructor(message: string, { isRefusal = false }: { readonly isRefusal?: boolean } = {}) {
    super(message);
    this.isRefusal = isRefusal;
  }
}

/** No evaluation takes longer, however many wait for theirs: it has failed by then. */
export const EVALUATION_LIMIT_MS = 6_000;

/** The reason names a bound, or what is wrong with the expression: never anything of the order. */
export type Evaluated =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'failure'; readonly reason: string };

/**
 * Evaluates JSONata expressions (https://docs.jsonata.org), which people write, within bounds of time, depth and memory.
 * Never rejects: that an expression fails is a result like any other.
 */
export interface Expressions {
  /**
   * @param as `boolean`: cast as JSONata casts. `value`: whatever JSON can carry; undefined when there is no result.
   */
  evaluate(expression: string, input: ExpressionInput, as: 'value' | 'boolean'): Promise<Evaluated>;
}

export type LogFields = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** Structured log and metrics. Never handed a secret, a payload or an address. */
export interface Telemetry {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, error: unknown, fields?: LogFields): void;
  /** Adds to a counter. No metric has an endpoint or an order as dimension: each one would be billed. */
  count(metric: Metric, value?: number): void;
}

export type Metric =
  | 'EventsAccepted'
  | 'EventsAcceptedByQueue'
  | 'EventsRefused'
  | 'EventsDropped'
  | 'EventsFannedOut'
  | 'FanOutFailures'
  | 'DeliveriesDelivered'
  | 'DeliveriesParked'
  | 'DeliveriesFailedAttempts'
  | 'DeliveriesDead'
  | 'ConfigRowsInvalid'
  | 'ForeignMessages'
  | 'EventsSetAside'
  | 'NeedsAttention'
  | 'CircuitsOpened'
  | 'EndpointsDisabled'
  | 'OwedOverdue'
  | 'ExpressionsFailed'
  | 'OldestOwedSeconds';
