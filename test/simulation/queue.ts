/** A queue of SQS at its worst: messages get lost on the way in, doubled, come late, and come back. */
import type { Faults } from './faults.ts';
import type { Scheduler } from './scheduler.ts';

interface Held<Message> {
  readonly message: Message;
  readonly group: string | undefined;
  visibleAtMs: number;
  receives: number;
}

export interface Received<Message> {
  readonly message: Message;
  readonly receives: number;
  delete(): void;
  returnAfter(delayMs: number): void;
}

export interface QueueBehaviour {
  readonly fifo: boolean;
  readonly visibilityMs: number;
  readonly batchSize: number;
}

export class SimulatedQueue<Message> {
  readonly #scheduler: Scheduler;
  readonly #faults: Faults;
  readonly #behaviour: QueueBehaviour;
  readonly #onVisible: () => void;
  #held: Held<Message>[] = [];

  constructor(scheduler: Scheduler, faults: Faults, behaviour: QueueBehaviour, onVisible: () => void) {
    this.#scheduler = scheduler;
    this.#faults = faults;
    this.#behaviour = behaviour;
    this.#onVisible = onVisible;
  }

  get size(): number {
    return this.#held.length;
  }

  /** `mayBeLost` is false for what the sender was told is kept. */
  put(message: Message, group: string | undefined, delayMs: number): void {
    const copies = !this.#behaviour.fifo && this.#faults.strikes('message doubled') ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      // Standard queues promise no order; FIFO queues do.
      const lagMs = this.#behaviour.fifo ? 0 : this.#scheduler.between(0, 2_000);
      const visibleAtMs = this.#scheduler.nowMs + delayMs + lagMs;
      this.#held.push({ message, group, visibleAtMs, receives: 0 });
      this.#scheduler.after(visibleAtMs - this.#scheduler.nowMs, this.#onVisible);
    }
  }

  /** What a function is invoked with; empty when there is nothing visible. */
  receive(): Received<Message>[] {
    const visible = this.#behaviour.fifo ? this.#visibleGroup() : this.#visible();
    return visible.map((held) => this.#take(held));
  }

  #visible(): Held<Message>[] {
    const visible = this.#held.filter(({ visibleAtMs }) => visibleAtMs <= this.#scheduler.nowMs);
    return visible.sort(() => this.#scheduler.random() - 0.5).slice(0, this.#behaviour.batchSize);
  }

  /** Messages of groups of which none is in flight, each group's from its first. */
  #visibleGroup(): Held<Message>[] {
    const now = this.#scheduler.nowMs;
    const locked = new Set(
      this.#held.filter(({ visibleAtMs }) => visibleAtMs > now).map(({ group }) => group),
    );
    const free = this.#held.filter(({ group }) => !locked.has(group));
    return free.slice(0, 1 + Math.floor(this.#scheduler.random() * this.#behaviour.batchSize));
  }

  #take(held: Held<Message>): Received<Message> {
    const early = !this.#behaviour.fifo && this.#faults.strikes('visibility ran out early');
    this.#hide(held, early ? this.#scheduler.between(10, 3_000) : this.#behaviour.visibilityMs);
    held.receives += 1;
    return {
      message: held.message,
      receives: held.receives,
      delete: () => {
        this.#held = this.#held.filter((other) => other !== held);
        this.#onVisible();
      },
      returnAfter: (delayMs) => this.#hide(held, delayMs),
    };
  }

  #hide(held: Held<Message>, durationMs: number): void {
    held.visibleAtMs = this.#scheduler.nowMs + durationMs;
    this.#scheduler.after(durationMs, this.#onVisible);
  }
}
