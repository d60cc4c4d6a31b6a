/** The two queues. Messages contain keys; the table contains the work. */
import type { DeliveryKey } from '../model/delivery.ts';
import type { EventKey, EventRecord, Payload } from '../model/event.ts';

/** Triggers fan-out of an order. `fullEvent` contains an event that the table refused. */
export interface EventMessage extends EventKey {
  /** True when the message was received before. The earlier run may have died after it sent requests. */
  readonly receivedBefore?: boolean;
  readonly fullEvent?: { readonly event: EventRecord; readonly payload: Payload };
  /** SHA-256 of the request's token, when the source could not be looked up. */
  readonly tokenSha256?: string;
}

export interface EventQueue {
  /** True when messages do not survive the process. Such a queue refuses a message with a `fullEvent`. */
  readonly isInMemory?: boolean;
  /** Rejects when the queue refuses the message or does not answer in time. */
  send(message: EventMessage): Promise<void>;
  /** Enqueues events again, with new deduplication ids. Returns those that could not be sent. */
  enqueueAgain(messages: readonly EventKey[]): Promise<EventKey[]>;
}

export interface DeliveryQueue {
  /** Delays are whole seconds, at most 900 (SQS). Returns the messages that could not be sent. */
  send(messages: readonly DeliveryMessage[]): Promise<DeliveryMessage[]>;
}

export interface DeliveryMessage extends DeliveryKey {
  readonly delaySeconds: number;
}
