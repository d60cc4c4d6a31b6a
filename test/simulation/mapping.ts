/** A mapping of a queue to a function, with partial batch responses. A batch can start late, as when Lambda throttles. */

import type { RelayContext } from '../../lib/relay/context.ts';
import { returnDelaySeconds } from '../../lib/relay/fan-out/return-delay.ts';
import type { Deadline } from '../../lib/relay/model/clock.ts';
import type { Faults } from './faults.ts';
import type { SimulatedFunction } from './functions.ts';
import type { Received, SimulatedQueue } from './queue.ts';
import type { Scheduler } from './scheduler.ts';

/** A batch that starts later than this after it was received extends its messages' visibility first. */
const LATE_MS = 10_000;
const JUST_BEFORE_MS = 5_000;
const EXTENDED_BEYOND_TIMEOUT_MS = 20_000;

export interface MappingOptions<Message> {
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly target: SimulatedFunction;
  readonly concurrency: number;
  readonly queue: SimulatedQueue<Message>;
  readonly work: (relay: RelayContext, messages: Message[], deadline: Deadline) => Promise<Message[]>;
  readonly toMessage: (received: Received<Message>) => Message;
  /** False: a late batch starts as it is. */
  readonly extendsLateBatches: boolean;
  /** Without leases, a batch leaves the messages whose visibility could not be extended. */
  readonly hasLeases: boolean;
}

export class SimulatedMapping<Message> {
  readonly #options: MappingOptions<Message>;
  #batches = 0;

  constructor(options: MappingOptions<Message>) {
    this.#options = options;
  }

  /** Batches in hand, be they waiting for Lambda. */
  get running(): number {
    return this.#batches;
  }

  poll(): void {
    const { queue, concurrency, scheduler, faults } = this.#options;
    while (this.#batches < concurrency) {
      const batch = queue.receive();
      if (batch.length === 0) return;
      this.#batches += 1;
      if (faults.strikes('batch started late')) scheduler.after(this.#lateByMs(), () => this.#start(batch));
      else this.#start(batch);
    }
  }

  /** Up to the visibility timeout; half of the late batches start just before their messages are visible again. */
  #lateByMs(): number {
    const { scheduler, queue } = this.#options;
    const { visibilityMs } = queue.behaviour;
    const leastMs = scheduler.chance(0.5) ? visibilityMs - JUST_BEFORE_MS : 0;
    return scheduler.between(leastMs, visibilityMs);
  }

  #start(batch: readonly Received<Message>[]): void {
    const held = this.#options.extendsLateBatches ? this.#extendIfLate(batch) : batch;
    if (held.length > 0) this.#invoke(held);
    else this.#end();
  }

  /** Stands for what the handlers do before anything else. @returns the messages that are this batch's to work on */
  #extendIfLate(batch: readonly Received<Message>[]): readonly Received<Message>[] {
    const { target, scheduler, faults, hasLeases } = this.#options;
    const isLate = ({ receives, receivedAtMs }: Received<Message>) =>
      receives > 1 || scheduler.nowMs - receivedAtMs > LATE_MS;
    if (!batch.some(isLate)) return batch;
    if (faults.strikes('visibility not extended'))
      return hasLeases ? batch : batch.filter((received) => !isLate(received));
    return batch.filter((received) => received.extend(target.timeoutMs + EXTENDED_BEYOND_TIMEOUT_MS));
  }

  #invoke(batch: readonly Received<Message>[]): void {
    const { target, work, toMessage } = this.#options;
    const messages = batch.map(toMessage);
    target.invoke(
      (relay, deadline) => work(relay, messages, deadline),
      (unfinished) => {
        // Of a function that died nobody hears: its messages come back when their visibility timeout is over.
        if (unfinished !== 'died') answer(batch, messages, new Set(unfinished));
        this.#end();
      },
    );
  }

  #end(): void {
    this.#batches -= 1;
    this.poll();
  }
}

function answer<Message>(
  batch: readonly Received<Message>[],
  messages: readonly Message[],
  returned: ReadonlySet<Message>,
): void {
  for (const [index, received] of batch.entries()) {
    const message = messages[index];
    if (message !== undefined && returned.has(message))
      received.returnAfter(returnDelaySeconds(received.receives) * 1_000);
    else received.delete();
  }
}
