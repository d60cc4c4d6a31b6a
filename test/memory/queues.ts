/** The queue ports in memory: they hold what was sent until it is taken. Nothing is sent twice, lost or refused. */
import { after, type Clock } from '../../lib/relay/model/clock.ts';
import type { EventKey } from '../../lib/relay/model/event.ts';
import type { EventId } from '../../lib/relay/model/ids.ts';
import type {
  DeliveryMessage,
  DeliveryQueue,
  EventMessage,
  EventQueue,
} from '../../lib/relay/ports/queues.ts';

/** For how long a FIFO queue of SQS swallows a message whose deduplication id it has seen. */
const DEDUPLICATION_MS = 5 * 60_000;

export class MemoryEventQueue implements EventQueue {
  readonly #clock: Clock;
  readonly #sentAt = new Map<EventId, Date>();
  #messages: EventMessage[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async send(message: EventMessage): Promise<void> {
    const now = this.#clock.now();
    const sentAt = this.#sentAt.get(message.eventId);
    if (sentAt !== undefined && after(sentAt, DEDUPLICATION_MS) > now) return;
    this.#sentAt.set(message.eventId, now);
    this.#messages.push(message);
  }

  async enqueueAgain(messages: readonly EventKey[]): Promise<EventKey[]> {
    this.#messages.push(...messages.map(({ orderKey, eventId }) => ({ orderKey, eventId })));
    return [];
  }

  /** All that is there, oldest first; the queue is empty then. */
  take(): EventMessage[] {
    return this.#messages.splice(0);
  }
}

export class MemoryDeliveryQueue implements DeliveryQueue {
  readonly #clock: Clock;
  #messages: { readonly message: DeliveryMessage; readonly visibleAt: Date }[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async send(messages: readonly DeliveryMessage[]): Promise<DeliveryMessage[]> {
    const now = this.#clock.now();
    this.#messages.push(
      ...messages.map((message) => ({ message, visibleAt: after(now, message.delaySeconds * 1000) })),
    );
    return [];
  }

  /** All whose delay is over; the others stay. */
  take(): DeliveryMessage[] {
    const now = this.#clock.now();
    const isVisible = ({ visibleAt }: { visibleAt: Date }) => visibleAt <= now;
    const taken = this.#messages.filter(isVisible);
    this.#messages = this.#messages.filter((held) => !isVisible(held));
    return taken.map(({ message }) => message);
  }
}
