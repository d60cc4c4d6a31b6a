/**
 * The EventQueue port in memory. Orders are fanned out in parallel, each by one run at a time with all of its messages.
 * A message only starts work that the table contains: one that is lost when the process ends is found there again.
 */

import { returnDelaySeconds } from '../../relay/fan-out/return-delay.ts';
import type { EventKey } from '../../relay/model/event.ts';
import type { OrderKey } from '../../relay/model/ids.ts';
import type { EventMessage, EventQueue } from '../../relay/ports/queues.ts';
import { Backpressure } from './backpressure.ts';
import { RunSlots } from './run-slots.ts';

/** Two rounds of fan-out. */
const BEHIND_AT_ROUNDS = 2;
/** The Hub's own limit for an answer is unknown. A second is far below any that is common. */
const CATCH_UP_LIMIT_MS = 1_000;

export interface EventQueueOptions {
  /** The most orders that are fanned out at the same time. */
  readonly concurrency: number;
  /** Messages beyond this number are dropped. */
  readonly capacity: number;
  /** Called after messages were dropped, once there is room again: their events are only in the table. */
  readonly onRoom: () => void;
}

/** Returns the messages that must come again. It must not reject. */
type FanOut = (messages: readonly EventMessage[]) => Promise<readonly EventMessage[]>;

interface Order {
  /** By event id: a second message of an event changes nothing. */
  readonly waiting: Map<string, EventMessage>;
  isRunning: boolean;
  /** How often messages of the order came back in a row. */
  returns: number;
  /** Set while returned messages wait. */
  timer?: NodeJS.Timeout;
}

export class InMemoryEventQueue implements EventQueue {
  readonly isInMemory = true;
  readonly #orders = new Map<OrderKey, Order>();
  /** The orders that can run, oldest first. */
  readonly #ready = new Set<OrderKey>();
  readonly #slots: RunSlots;
  readonly #room: Backpressure;
  readonly #mostBefore: number;
  readonly #catchingUp = new Set<() => void>();
  #fanOut: FanOut | undefined;
  #isStopped = false;

  constructor({ concurrency, capacity, onRoom }: EventQueueOptions) {
    this.#slots = new RunSlots(concurrency);
    this.#room = new Backpressure(capacity, onRoom);
    this.#mostBefore = BEHIND_AT_ROUNDS * concurrency;
  }

  /** Starts to fan out, also the messages that were sent before. */
  start(fanOut: FanOut): void {
    this.#fanOut = fanOut;
    this.#runReady();
  }

  async send(message: EventMessage): Promise<void> {
    // Memory is not durable, so ingest must not count on the queue for an event that the table refused.
    if (message.fullEvent !== undefined) throw new Error('a queue in memory stores no event');
    this.#add(message);
  }

  async enqueueAgain(messages: readonly EventKey[]): Promise<EventKey[]> {
    for (const { orderKey, eventId } of messages) this.#add({ orderKey, eventId });
    return [];
  }

  /** Enqueues events whose earlier run may have died after it sent requests. */
  recover(messages: readonly EventKey[]): void {
    for (const { orderKey, eventId } of messages) this.#add({ orderKey, eventId, receivedBefore: true });
  }

  /**
   * Resolves at once unless fan-out is behind. Then it resolves when fan-out has caught up, or after a second. A sender
   * that waits for its answer thus sends no faster than fan-out works. Otherwise the events of an order would pile up, and
   * their deliveries would take the detour through deliver, which costs far more.
   */
  async caughtUp(): Promise<void> {
    if (this.#room.taken <= this.#mostBefore) return;
    await new Promise<void>((resolve) => {
      const proceed = () => {
        clearTimeout(timer);
        this.#catchingUp.delete(proceed);
        resolve();
      };
      const timer = setTimeout(proceed, CATCH_UP_LIMIT_MS);
      this.#catchingUp.add(proceed);
    });
  }

  /** Starts no more runs, and waits for the running ones. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const { timer } of this.#orders.values()) clearTimeout(timer);
    await this.#slots.idle();
  }

  #add(message: EventMessage): void {
    const order = this.#orders.get(message.orderKey) ?? this.#newOrder(message.orderKey);
    const known = order.waiting.get(message.eventId);
    if (known === undefined && !this.#room.take()) {
      if (order.waiting.size === 0 && !order.isRunning) this.#orders.delete(message.orderKey);
      return;
    }
    order.waiting.set(message.eventId, known?.receivedBefore ? known : message);
    this.#makeReady(message.orderKey, order);
    this.#runReady();
  }

  #newOrder(orderKey: OrderKey): Order {
    const order: Order = { waiting: new Map(), isRunning: false, returns: 0 };
    this.#orders.set(orderKey, order);
    return order;
  }

  /** While returned messages wait, newer ones of their order wait with them: a FIFO queue does the same. */
  #makeReady(orderKey: OrderKey, order: Order): void {
    if (order.isRunning || order.timer !== undefined || order.waiting.size === 0) return;
    this.#ready.add(orderKey);
  }

  #runReady(): void {
    if (this.#fanOut === undefined) return;
    for (const orderKey of this.#ready) {
      if (this.#isStopped || !this.#slots.isFree) return;
      this.#ready.delete(orderKey);
      const order = this.#orders.get(orderKey);
      if (order === undefined) continue;
      const fanOut = this.#fanOut;
      order.isRunning = true;
      this.#slots.start(
        () => this.#run(orderKey, order, fanOut),
        () => this.#runReady(),
      );
    }
  }

  async #run(orderKey: OrderKey, order: Order, fanOut: FanOut): Promise<void> {
    const messages = [...order.waiting.values()];
    order.waiting.clear();
    const returned = await fanOut(messages);
    order.isRunning = false;
    this.#room.give(messages.length - returned.length);
    this.#releaseSenders();
    if (returned.length > 0) this.#returnLater(orderKey, order, returned);
    else {
      order.returns = 0;
      this.#makeReady(orderKey, order);
      if (order.waiting.size === 0) this.#orders.delete(orderKey);
    }
  }

  /** Releases only as many as there is room for, longest waiting first: each may send its next event at once. */
  #releaseSenders(): void {
    const most = Math.max(0, this.#mostBefore + 1 - this.#room.taken);
    for (const proceed of [...this.#catchingUp].slice(0, most)) proceed();
  }

  #returnLater(orderKey: OrderKey, order: Order, returned: readonly EventMessage[]): void {
    for (const message of returned) {
      // A second message of the event came meanwhile. One of the two is enough.
      if (order.waiting.has(message.eventId)) this.#room.give(1);
      order.waiting.set(message.eventId, { ...message, receivedBefore: true });
    }
    order.returns += 1;
    if (this.#isStopped) return;
    order.timer = setTimeout(() => {
      delete order.timer;
      this.#makeReady(orderKey, order);
      this.#runReady();
    }, returnDelaySeconds(order.returns) * 1000);
  }
}
