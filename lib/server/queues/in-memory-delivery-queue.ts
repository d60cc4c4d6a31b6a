/**
 * The DeliveryQueue port in memory. Each endpoint is served with its own batches, so a slow one delays no other. A message
 * only starts work that the table contains: one that is lost when the process ends is found there again.
 */

import { returnDelaySeconds } from '../../relay/fan-out/return-delay.ts';
import type { DeliveryKey } from '../../relay/model/delivery.ts';
import type { EndpointId } from '../../relay/model/ids.ts';
import type { DeliveryMessage, DeliveryQueue } from '../../relay/ports/queues.ts';
import { Backpressure } from './backpressure.ts';
import { RunSlots } from './run-slots.ts';

/** The most messages of a run. They only start the service of one endpoint, which finds the rest in its list. */
const BATCH_SIZE = 100;
/**
 * One run serves the endpoint, often for a minute. A second one adds new work to the endpoint's list, where the first one
 * finds it.
 */
const RUNS_PER_ENDPOINT = 2;

export interface DeliveryQueueOptions {
  /** Messages beyond this number are dropped. */
  readonly capacity: number;
  /** Called after messages were dropped, once there is room again: their deliveries are only in the table. */
  readonly onRoom: () => void;
}

/** Returns the messages that must come again. It must not reject. */
type Deliver = (keys: readonly DeliveryKey[]) => Promise<readonly DeliveryKey[]>;

interface Waiting {
  readonly key: DeliveryKey;
  readonly receives: number;
}

interface EndpointMessages {
  /** By order and event: a second message of a delivery changes nothing. */
  readonly due: Map<string, Waiting>;
  readonly slots: RunSlots;
}

export class InMemoryDeliveryQueue implements DeliveryQueue {
  readonly #endpoints = new Map<EndpointId, EndpointMessages>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #room: Backpressure;
  #deliver: Deliver | undefined;
  #isStopped = false;

  constructor({ capacity, onRoom }: DeliveryQueueOptions) {
    this.#room = new Backpressure(capacity, onRoom);
  }

  /** Starts to deliver, also the messages that were sent before. */
  start(deliver: Deliver): void {
    this.#deliver = deliver;
    for (const messages of this.#endpoints.values()) this.#runDue(messages);
  }

  async send(messages: readonly DeliveryMessage[]): Promise<DeliveryMessage[]> {
    for (const { delaySeconds, orderKey, eventId, endpointId } of messages) {
      if (!this.#room.take()) break;
      this.#addLater({ key: { orderKey, eventId, endpointId }, receives: 0 }, delaySeconds);
    }
    return [];
  }

  /** Starts no more runs, and waits for the running ones. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all([...this.#endpoints.values()].map(({ slots }) => slots.idle()));
  }

  #addLater(waiting: Waiting, delaySeconds: number): void {
    if (delaySeconds === 0) {
      this.#add(waiting);
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#add(waiting);
    }, delaySeconds * 1000);
    this.#timers.add(timer);
  }

  #add(waiting: Waiting): void {
    const { orderKey, eventId, endpointId } = waiting.key;
    const messages = this.#endpoints.get(endpointId) ?? this.#newEndpoint(endpointId);
    const id = `${eventId} ${orderKey}`;
    if (messages.due.has(id)) this.#room.give(1);
    messages.due.set(id, waiting);
    this.#runDue(messages);
  }

  #newEndpoint(endpointId: EndpointId): EndpointMessages {
    const messages = { due: new Map<string, Waiting>(), slots: new RunSlots(RUNS_PER_ENDPOINT) };
    this.#endpoints.set(endpointId, messages);
    return messages;
  }

  #runDue(messages: EndpointMessages): void {
    const deliver = this.#deliver;
    if (deliver === undefined || this.#isStopped) return;
    if (messages.due.size === 0 || !messages.slots.isFree) return;
    messages.slots.start(
      () => this.#run(messages, deliver),
      () => this.#runDue(messages),
    );
  }

  async #run(messages: EndpointMessages, deliver: Deliver): Promise<void> {
    // Messages that are sent in the same tick go into one run.
    await Promise.resolve();
    const batch = [...messages.due].slice(0, BATCH_SIZE);
    for (const [id] of batch) messages.due.delete(id);
    if (batch.length === 0) return;
    const byKey = new Map(batch.map(([, waiting]) => [waiting.key, waiting.receives]));
    const returned = await deliver([...byKey.keys()]);
    this.#room.give(batch.length - returned.length);
    for (const key of returned) {
      const receives = (byKey.get(key) ?? 0) + 1;
      if (!this.#isStopped) this.#addLater({ key, receives }, returnDelaySeconds(receives));
    }
  }
}
