/** An SQS queue that neither loses nor doubles anything, and stays quick with 100,000 messages in it. */
import type { Faults } from '../faults.ts';
import { type QueueBehaviour, type Received, SimulatedQueue } from '../queue.ts';
import type { Scheduler } from '../scheduler.ts';

/** A standard queue gives each message a group of its own. */
interface Group<Message> {
  /** Oldest first, those that are hidden among them. */
  readonly messages: Held<Message>[];
  hidden: number;
  isReady: boolean;
}

interface Held<Message> {
  readonly message: Message;
  readonly group: Group<Message>;
  receives: number;
  hiddenUntilMs: number | undefined;
  isDeleted: boolean;
}

/** How long a message of a standard queue takes until it can be received. */
const LAG_MS = 200;

export class LongQueue<Message> extends SimulatedQueue<Message> {
  /** False while the mapping is disabled, so that messages pile up. */
  isOpen = true;
  /** Says which messages get lost on the way in. */
  loses: (message: Message) => boolean = () => false;
  readonly #scheduler: Scheduler;
  readonly #behaviour: QueueBehaviour;
  readonly #onVisible: () => void;
  readonly #groups = new Map<string, Group<Message>>();
  /** Groups of which no message is hidden, first in first out. */
  #ready: Group<Message>[] = [];
  #nextReady = 0;
  #size = 0;

  constructor(scheduler: Scheduler, faults: Faults, behaviour: QueueBehaviour, onVisible: () => void) {
    super(scheduler, faults, behaviour, onVisible);
    this.#scheduler = scheduler;
    this.#behaviour = behaviour;
    this.#onVisible = onVisible;
  }

  override get size(): number {
    return this.#size;
  }

  /** Enables the mapping after it was disabled. */
  open(): void {
    this.isOpen = true;
    this.#onVisible();
  }

  override put(message: Message, groupId: string | undefined, delayMs: number): void {
    if (this.loses(message)) return;
    const group = this.#group(this.#behaviour.fifo ? groupId : undefined);
    const held: Held<Message> = { message, group, receives: 0, hiddenUntilMs: undefined, isDeleted: false };
    group.messages.push(held);
    this.#size += 1;
    const lagMs = this.#behaviour.fifo ? 0 : this.#scheduler.between(0, LAG_MS);
    if (delayMs + lagMs > 0) {
      this.#hide(held, delayMs + lagMs);
      return;
    }
    this.#offer(group);
    this.#scheduler.after(0, this.#onVisible);
  }

  override receive(): Received<Message>[] {
    const batch: Received<Message>[] = [];
    while (this.isOpen && batch.length < this.#behaviour.batchSize) {
      const group = this.#takeReady();
      if (group === undefined) break;
      for (const held of group.messages.slice(0, this.#behaviour.batchSize - batch.length)) {
        if (held.receives < this.#behaviour.maxReceives) batch.push(this.#take(held));
        else {
          this.deadLetters.push(held.message);
          this.#delete(held);
        }
      }
      this.#offer(group);
    }
    return batch;
  }

  #group(id: string | undefined): Group<Message> {
    const known = id === undefined ? undefined : this.#groups.get(id);
    const group = known ?? { messages: [], hidden: 0, isReady: false };
    if (id !== undefined) this.#groups.set(id, group);
    return group;
  }

  #offer(group: Group<Message>): void {
    if (group.isReady || group.hidden > 0 || group.messages.length === 0) return;
    group.isReady = true;
    this.#ready.push(group);
  }

  #takeReady(): Group<Message> | undefined {
    const group = this.#ready[this.#nextReady];
    if (group === undefined) return undefined;
    this.#nextReady += 1;
    if (this.#nextReady > 1_000 && 2 * this.#nextReady > this.#ready.length) {
      this.#ready = this.#ready.slice(this.#nextReady);
      this.#nextReady = 0;
    }
    group.isReady = false;
    return group;
  }

  #take(held: Held<Message>): Received<Message> {
    held.receives += 1;
    const receipt = held.receives;
    const isHeld = () => held.hiddenUntilMs !== undefined && held.receives === receipt && !held.isDeleted;
    this.#hide(held, this.#behaviour.visibilityMs);
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
      delete: () => this.#delete(held),
      returnAfter: (delayMs) => this.#hide(held, delayMs),
    };
  }

  #delete(held: Held<Message>): void {
    if (held.isDeleted) return;
    held.isDeleted = true;
    this.#size -= 1;
    const { group } = held;
    group.messages.splice(group.messages.indexOf(held), 1);
    if (held.hiddenUntilMs !== undefined) group.hidden -= 1;
    this.#offer(group);
  }

  #hide(held: Held<Message>, durationMs: number): void {
    if (held.isDeleted) return;
    if (held.hiddenUntilMs === undefined) held.group.hidden += 1;
    const untilMs = this.#scheduler.nowMs + durationMs;
    held.hiddenUntilMs = untilMs;
    this.#scheduler.after(durationMs, () => {
      if (held.isDeleted || held.hiddenUntilMs !== untilMs) return;
      held.hiddenUntilMs = undefined;
      held.group.hidden -= 1;
      this.#offer(held.group);
      this.#onVisible();
    });
  }
}
