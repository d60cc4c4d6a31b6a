/** Runs functions the way Lambda does: in environments that are kept warm, as many at a time as allowed, each cut off. */
import { Deadline } from '../../lib/relay/clock.ts';
import { Config } from '../../lib/relay/config.ts';
import type { Keyring } from '../../lib/relay/keyring.ts';
import type { OwedItem } from '../../lib/relay/ports.ts';
import type { Relay } from '../../lib/relay/relay.ts';
import { returnDelaySeconds } from '../../lib/relay/return-delay.ts';
import type { MemoryConfigTable } from '../memory/config-table.ts';
import type { MemoryEventLog } from '../memory/event-log.ts';
import { MemoryTelemetry } from '../memory/telemetry.ts';
import { keyringOf } from './credentials.ts';
import type { Faults } from './faults.ts';
import type { Filter } from './filter.ts';
import type { Poison } from './poison.ts';
import { configTableOf, eventLogOf, Process } from './process.ts';
import type { Received, SimulatedQueue } from './queue.ts';
import type { Receivers } from './receivers.ts';
import type { Scheduler } from './scheduler.ts';

/** The clocks of two functions differ by up to two seconds. */
const SKEW_MS = 1_000;

export interface Shared {
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly eventLog: MemoryEventLog;
  readonly configTable: MemoryConfigTable;
  readonly receivers: Receivers;
  /** Events whose payload cannot be worked with, for as long as faults go on. */
  readonly poison: Poison;
  readonly filter: Filter;
  readonly note: (text: string) => void;
  readonly queues: (process: Process) => Pick<Relay, 'eventQueue' | 'deliveryQueue'>;
}

interface Environment {
  readonly skewMs: number;
  readonly config: Config;
  readonly keyring: Keyring;
  current: Process;
}

export class SimulatedFunction {
  readonly #shared: Shared;
  readonly #name: string;
  readonly #timeoutMs: number;
  readonly #staleIndex = new Map<string, OwedItem[]>();
  readonly #warm: Environment[] = [];
  running = 0;

  constructor(shared: Shared, name: string, timeoutMs: number) {
    this.#shared = shared;
    this.#name = name;
    this.#timeoutMs = timeoutMs;
  }

  /** Resolves with what the function gave back; `onEnd` hears of it also when the function died instead. */
  invoke<Result>(
    run: (relay: Relay, deadline: Deadline) => Promise<Result>,
    onEnd: (result: Result | 'died') => void,
  ): void {
    const { scheduler, faults, eventLog, receivers, note, queues, poison, filter } = this.#shared;
    this.running += 1;
    const warm = this.#warm.pop();
    const skewMs = warm?.skewMs ?? scheduler.between(-SKEW_MS, SKEW_MS);
    const process = new Process(this.#name, skewMs, scheduler, faults, (reason) => {
      note(`${this.#name} died ${reason}`);
      this.running -= 1;
      onEnd('died');
    });
    const environment = warm ?? this.#newEnvironment(process, skewMs);
    environment.current = process;
    scheduler.after(this.#timeoutMs, () => process.die('by timeout'));
    const relay: Relay = {
      clock: process.clock,
      random: scheduler.random,
      telemetry: new MemoryTelemetry(),
      config: environment.config,
      keyring: environment.keyring,
      eventLog: eventLogOf(process, eventLog, faults, this.#staleIndex, poison),
      sender: { post: (request) => receivers.post(process, request) },
      expressions: filter.asSeenBy(process),
      ...queues(process),
    };
    run(relay, new Deadline(process.clock, this.#timeoutMs)).then(
      (result) => {
        if (!process.alive) return;
        process.end();
        this.running -= 1;
        this.#warm.push(environment);
        onEnd(result);
      },
      (error: unknown) => process.die(`of ${error}`),
    );
  }

  #newEnvironment(process: Process, skewMs: number): Environment {
    const { scheduler, faults } = this.#shared;
    const environment: Environment = {
      skewMs,
      keyring: keyringOf(() => environment.current, process.clock, scheduler, faults),
      current: process,
      config: new Config(
        configTableOf(() => environment.current, this.#shared.configTable),
        process.clock,
        new MemoryTelemetry(),
      ),
    };
    return environment;
  }
}

/** A mapping of a queue to a function, with partial batch responses. */
export class SimulatedMapping<Message> {
  readonly #function: SimulatedFunction;
  readonly #concurrency: number;
  readonly #queue: SimulatedQueue<Message>;
  readonly #work: (relay: Relay, messages: Message[], deadline: Deadline) => Promise<Message[]>;
  readonly #toMessage: (received: Received<Message>) => Message;

  constructor(
    target: SimulatedFunction,
    concurrency: number,
    queue: SimulatedQueue<Message>,
    work: (relay: Relay, messages: Message[], deadline: Deadline) => Promise<Message[]>,
    toMessage: (received: Received<Message>) => Message,
  ) {
    this.#toMessage = toMessage;
    this.#function = target;
    this.#concurrency = concurrency;
    this.#queue = queue;
    this.#work = work;
  }

  poll(): void {
    while (this.#function.running < this.#concurrency) {
      const batch = this.#queue.receive();
      if (batch.length === 0) return;
      this.#invoke(batch);
    }
  }

  #invoke(batch: readonly Received<Message>[]): void {
    const messages = batch.map(this.#toMessage);
    this.#function.invoke(
      (relay, deadline) => this.#work(relay, messages, deadline),
      (unfinished) => {
        // Of a function that died nobody hears: its messages come back when their visibility timeout is over.
        if (unfinished !== 'died') {
          const returned = new Set(unfinished);
          for (const [index, received] of batch.entries()) {
            const message = messages[index];
            if (message !== undefined && returned.has(message))
              received.returnAfter(returnDelaySeconds(received.receives) * 1_000);
            else received.delete();
          }
        }
        this.poll();
      },
    );
  }
}
