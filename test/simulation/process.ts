/** One invocation of a function. Each call over the network takes its time, can fail, and can be the last one. */
import type { Clock } from '../../lib/relay/model/clock.ts';
import { StoreError } from '../../lib/relay/ports/event-log.ts';
import type { Environment } from './environment.ts';
import type { FaultKind, Faults } from './faults.ts';
import type { IndexName, Outages } from './outages.ts';
import type { Scheduler } from './scheduler.ts';

const LANDS_LATE_BY_MS = 3 * 60_000;

export interface ProcessWorld {
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly outages: Outages;
}

export class Process {
  readonly name: string;
  readonly environment: Environment;
  /** Entries of the owed index that it has postponed, and so may enqueue. */
  readonly moved = new Set<string>();
  /** Faults that struck it: a duplicate request is excused by one of its sender's. */
  faultsMet = 0;
  /** Whether it read an order's newest event id in time. */
  readNewestId = false;
  readonly #world: ProcessWorld;
  #isRunning = true;

  constructor(name: string, environment: Environment, world: ProcessWorld) {
    this.name = name;
    this.environment = environment;
    this.#world = world;
  }

  get clock(): Clock {
    return this.environment.clock;
  }

  /** True until it has returned, failed or died. */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Lambda kills the whole environment, whichever of its invocations is at fault. */
  die(reason: string): void {
    this.faultsMet += 1;
    this.environment.die(reason);
  }

  end(): void {
    this.#isRunning = false;
  }

  read<Result>(name: string, perform: () => Promise<Result>): Promise<Result> {
    return this.#call(name, perform);
  }

  /** @param indexes whose keys the write changes: an index that throttles refuses the write */
  write<Result>(
    name: string,
    perform: () => Promise<Result>,
    indexes: readonly IndexName[] = [],
  ): Promise<Result> {
    return this.#call(name, async () => {
      const { faults, outages, scheduler } = this.#world;
      if (outages.refusesWrite(indexes)) {
        this.faultsMet += 1;
        throw new StoreError(`${name} was throttled`);
      }
      if (faults.strikes('call landed after it was given up')) {
        this.faultsMet += 1;
        scheduler.after(scheduler.between(1_000, LANDS_LATE_BY_MS), () => perform().catch(() => {}));
        throw new StoreError(`${name} was given up`);
      }
      const result = await perform();
      if (!faults.strikes('call repeated although it had landed')) return result;
      this.faultsMet += 1;
      await this.environment.arrival(scheduler.between(500, 5_000));
      return perform();
    });
  }

  /** A conditional write: repeated when its answer was lost, it finds what it has written itself, and is denied. */
  async condition(
    name: string,
    perform: () => Promise<boolean>,
    indexes: readonly IndexName[] = [],
  ): Promise<boolean> {
    const met = await this.write(name, perform, indexes);
    if (!met || this.#meets('condition met but denied')) return false;
    // A lease, a probe, a turn: others may go by its end while the holder stands still.
    if (this.#meets('process paused after it took a right')) {
      this.environment.pause();
      await this.environment.arrival(0);
    }
    return true;
  }

  async #call<Result>(name: string, perform: () => Promise<Result>): Promise<Result> {
    this.environment.callsUnderWay += 1;
    try {
      return await this.#sent(name, perform);
    } finally {
      this.environment.callsUnderWay -= 1;
    }
  }

  async #sent<Result>(name: string, perform: () => Promise<Result>): Promise<Result> {
    const { environment } = this;
    const { scheduler } = this.#world;
    const latencyMs = () => scheduler.between(1, 20);
    await environment.arrival(this.#meets('call took seconds') ? scheduler.between(500, 6_000) : latencyMs());
    if (this.#meets('died before a call')) return this.#dieNow(`before ${name}`);
    if (this.#meets('call failed')) throw new StoreError(`${name} failed`);
    const result = await perform();
    if (this.#meets('died after a call')) return this.#dieNow(`after ${name}`);
    await environment.arrival(latencyMs());
    if (this.#meets('call failed after it acted')) throw new StoreError(`${name} failed after it acted`);
    return result;
  }

  /** Counts what goes wrong as a fault that struck this invocation. */
  passes(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.faultsMet += 1;
      throw error;
    }
  }

  #meets(kind: FaultKind): boolean {
    if (!this.#world.faults.strikes(kind)) return false;
    this.faultsMet += 1;
    return true;
  }

  #dieNow(when: string): Promise<never> {
    this.die(when);
    return new Promise(() => {});
  }
}
