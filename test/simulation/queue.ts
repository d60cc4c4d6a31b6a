/** A queue of SQS at its worst: messages get lost on the way in, doubled, come late, come back, and go to a dead-letter queue. */
import type { Faults } from './faults.ts';
import type { Scheduler } from './scheduler.ts';

/** `lib/stack/queues.ts` sets both. */
export const MAX_RECEIVES = 1_000;
const RETENTION_MS = 14 * 24 * 60 * 60_000;

interface Held<Message> {
  readonly message: Message;
  readonly group: string | undefined;
  readonly sentAtMs: number;
  visibleAtMs: number;
  /** As often as it was received; the last receipt has this number. */
  receives: number;
}

export interface Received<Message> {
  readonly message: Message;
  readonly receives: number;
  readonly receivedAtMs: number;
  /** False once the message is visible again, or another has received it since. */
  isHeld(): boolean;
  /** Hides the message for so long from now; false when it is not held any more. */
  extend(durationMs: number): boolean;
  delete(): void;
  returnAfter(delayMs: number): void;
}

export interface QueueBehaviour {
  readonly fifo: boolean;
  readonly visibilityMs: number;
  readonly batchSize: number;
  readonly maxReceives: number;
}

export class SimulatedQueue<Message> {
  readonly behaviour: QueueBehaviour;
  /** Dropped after too many receives, or because they were too old: listed for a person. */
  readonly deadLetters: Message[] = [];
  readonly #scheduler: Scheduler;
  readonly #faults: Faults;
  readonly #onVisible: () => void;
  #held: Held<Message>[] = [];

  constructor(scheduler: Scheduler, faults: Faults, behaviour: QueueBehaviour, onVisible: () => void) {
    this.#scheduler = scheduler;
    this.#faults = faults;
    this.behaviour = behaviour;
    this.#onVisible = onVisible;
  }

  get size(): number {
    return this.#held.length;
  }

  put(message: Message, group: string | undefined, delayMs: number): void {
    const copies = !this.behaviour.fifo && this.#faults.strikes('message doubled') ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      // Standard queues promise no order; FIFO queues do.
      const lagMs = this.behaviour.fifo ? 0 : this.#scheduler.between(0, 2_000);
      const sentAtMs = this.#scheduler.nowMs;
      this.#held.push({ message, group, sentAtMs, visibleAtMs: sentAtMs + delayMs + lagMs, receives: 0 });
      this.#scheduler.after(delayMs + lagMs, this.#onVisible);
    }
  }

  /** Receives a batch for a function; empty when no message is visible. */
  receive(): Received<Message>[] {
    this.#dropOld();
    const visible = this.behaviour.fifo ? this.#visibleGroup() : this.#visible();
    return visible.map((held) => this.#take(held));
  }

  #dropOld(): void {
    const now = this.#scheduler.nowMs;
    const isOld = ({ receives, sentAtMs, visibleAtMs }: Held<Message>) =>
      visibleAtMs <= now && (receives >= this.behaviour.maxReceives || now - sentAtMs > RETENTION_MS);
    if (!this.#held.some(isOld)) return;
    this.deadLetters.push(...this.#held.filter(isOld).map(({ message }) => message));
    this.#held = this.#held.filter((held) => !isOld(held));
  }

  #visible(): Held<Message>[] {
    const visible = this.#held.filter(({ visibleAtMs }) => visibleAtMs <= this.#scheduler.nowMs);
    return visible.sort(() => this.#scheduler.random() - 0.5).slice(0, this.behaviour.batchSize);
  }

  /** Messages of groups of which none is in flight, each group's from its first. */
  #visibleGroup(): Held<Message>[] {
    const now = this.#scheduler.nowMs;
    const locked = new Set(
      this.#held.filter(({ visibleAtMs }) => visibleAtMs > now).map(({ group }) => group),
    );
    const free = this.#held.filter(({ group }) => !locked.has(group));
    return free.slice(0, 1 + Math.floor(this.#scheduler.random() * this.behaviour.batchSize));
  }

  #take(held: Held<Message>): Received<Message> {
    const early = !this.behaviour.fifo && this.#faults.strikes('visibility ran out early');
    this.#hide(held, early ? this.#scheduler.between(10, 3_000) : this.behaviour.visibilityMs);
    held.receives += 1;
    const receipt = held.receives;
    const isLast = () => held.receives === receipt;
    const isHeld = () => isLast() && held.visibleAtMs > this.#scheduler.nowMs;
    return {
      message: held.message,
      receives: receipt,
      receivedAtMs: this.#scheduler.nowMs,
      isHeld,
      extend: (durationMs) => {
        if (!isHeld()) return false;
        this.#hide(held, durationMs);
        return true;
      },
      delete: () => {
        // A FIFO queue refuses a receipt that has expired; a standard queue, one that is not the last.
        if (this.behaviour.fifo ? !isHeld() : !isLast()) return;
        this.#held = this.#held.filter((other) => other !== held);
        this.#onVisible();
      },
      returnAfter: (delayMs) => {
        if (isHeld()) this.#hide(held, delayMs);
      },
    };
  }

  #hide(held: Held<Message>, durationMs: number): void {
    held.visibleAtMs = this.#scheduler.nowMs + durationMs;
    this.#scheduler.after(durationMs, this.#onVisible);
  }
}
