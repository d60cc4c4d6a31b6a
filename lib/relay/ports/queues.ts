/** The two queues. Their messages carry keys: the table says what is to be done. */
import type { DeliveryKey } from '../model/delivery.ts';
import type { EventKey, EventRecord, Payload } from '../model/event.ts';

/** Wakes an order; `fullEvent` carries a whole event that the table refused. */
export interface EventMessage extends EventKey {
  /** Whether it was received before: the run that it woke then may have died after it had sent. */
  readonly receivedBefore?: boolean;
  readonly fullEvent?: { readonly event: EventRecord; readonly payload: Payload };
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
