/** One run of a function: it can die between any two calls, and its clock is its own. */
import type { Clock } from '../../lib/relay/clock.ts';
import type { EventKey } from '../../lib/relay/event.ts';
import type { EventId } from '../../lib/relay/ids.ts';
import { type ConfigTable, type EventLog, type OwedItem, StoreError } from '../../lib/relay/ports.ts';
import type { MemoryEventLog } from '../memory/event-log.ts';
import type { Faults } from './faults.ts';
import type { Poison } from './poison.ts';
import type { Scheduler } from './scheduler.ts';

const PAGE = 3;

export class Process {
  readonly name: string;
  readonly clock: Clock;
  /** What it has moved on in the list of owed work, and so may wake. */
  readonly moved = new Set<string>();
  readonly #scheduler: Scheduler;
  readonly #faults: Faults;
  readonly #onDeath: (reason: string) => void;
  #alive = true;

  constructor(
    name: string,
    skewMs: number,
    scheduler: Scheduler,
    faults: Faults,
    onDeath: (reason: string) => void,
  ) {
    this.name = name;
    this.#scheduler = scheduler;
    this.#faults = faults;
    this.#onDeath = onDeath;
    this.clock = {
      now: () => new Date(scheduler.nowMs + skewMs),
      monotonicMs: () => scheduler.nowMs,
      sleep: (durationMs) => this.#pass(durationMs),
    };
  }

  get alive(): boolean {
    return this.#alive;
  }

  die(reason: string): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#onDeath(reason);
  }

  end(): void {
    this.#alive = false;
  }

  /** A call over the network: it takes its time, and may fail before or after it has acted, or be the last one. */
  async call<Result>(name: string, perform: () => Promise<Result>): Promise<Result> {
    await this.#pass(
      this.#faults.strikes('call took seconds') ? this.#scheduler.between(500, 6_000) : this.#latency(),
    );
    if (this.#faults.strikes('died before a call')) return this.#dieNow(`before ${name}`);
    if (this.#faults.strikes('call failed')) throw new StoreError(`${name} failed`);
    const result = await perform();
    if (this.#faults.strikes('died after a call')) return this.#dieNow(`after ${name}`);
    await this.#pass(this.#latency());
    if (this.#faults.strikes('call failed after it acted'))
      throw new StoreError(`${name} failed after it acted`);
    return result;
  }

  /** A conditional write: repeated when its answer was lost, it finds what it has written itself, and is denied. */
  async condition(name: string, perform: () => Promise<boolean>): Promise<boolean> {
    const met = await this.call(name, perform);
    return met && !this.#faults.strikes('condition met but denied');
  }

  #dieNow(when: string): Promise<never> {
    this.die(when);
    return new Promise(() => {});
  }

  #latency(): number {
    return this.#scheduler.between(1, 20);
  }

  /** Time passes; for the dead it never ends. */
  #pass(durationMs: number): Promise<void> {
    return new Promise((resolve) => this.#scheduler.after(durationMs, () => this.#alive && resolve()));
  }
}

/** The event log as a process sees it: over the network, with indexes that lag behind. */
export function eventLogOf(
  process: Process,
  log: MemoryEventLog,
  faults: Faults,
  stale: Map<string, OwedItem[]>,
  poison: Poison,
): EventLog {
  const call = process.call.bind(process);
  const condition = process.condition.bind(process);
  return {
    newestEventId: (orderKey) => call('newestEventId', () => log.newestEventId(orderKey)),
    putPayload: (key, payload) =>
      call('putPayload', async () => {
        if (faults.strikes('table refused')) throw new StoreError('the table refused');
        await log.putPayload(key, payload);
      }),
    putEvent: (event, dueAt) =>
      call('putEvent', async () => {
        if (faults.strikes('table refused')) throw new StoreError('the table refused');
        await log.putEvent(event, dueAt);
      }),
    async *eventsNewestFirst(orderKey) {
      let before: EventId | undefined;
      for (;;) {
        const page = await call('events', () => pageOf(log, orderKey, before));
        yield* page;
        before = page.at(-1)?.eventId;
        if (page.length < PAGE) return;
      }
    },
    event: (key) => call('event', () => log.event(key)),
    payload: (key) =>
      call('payload', () => {
        if (poison.has(key.eventId)) throw new StoreError('poisoned');
        return log.payload(key);
      }),
    deliveries: (orderKey) => call('deliveries', () => log.deliveries(orderKey)),
    putDeliveryIfAbsent: (delivery) => condition('putDelivery', () => log.putDeliveryIfAbsent(delivery)),
    updateDelivery: (key, only, change) =>
      condition('updateDelivery', () => log.updateDelivery(key, only, change)),
    noteFanOutTry: (event, change) => condition('noteFanOutTry', () => log.noteFanOutTry(event, change)),
    finishFanOut: (key, result) => condition('finishFanOut', () => log.finishFanOut(key, result)),
    recordOutcome: (key, id, outcome) => call('recordOutcome', () => log.recordOutcome(key, id, outcome)),
    newestWebhook: (since) => call('newestWebhook', () => log.newestWebhook(since)),
    owed: (owedTo, dueBefore, limit, dueSince) =>
      call('owed', async () => {
        const before = stale.get(owedTo) ?? [];
        const now = await log.owed(owedTo, dueBefore, limit, dueSince);
        stale.set(owedTo, now);
        return faults.strikes('stale index read') ? before : now;
      }),
    postpone: async (item, dueAt) => {
      const moved = await condition('postpone', () => log.postpone(item, dueAt));
      if (moved) process.moved.add(wakeUpId(item));
      return moved;
    },
    putAlias: (aliasKey, orderKey) => call('putAlias', () => log.putAlias(aliasKey, orderKey)),
  };
}

async function pageOf(
  log: MemoryEventLog,
  orderKey: Parameters<EventLog['deliveries']>[0],
  before: EventId | undefined,
) {
  const page = [];
  for await (const event of log.eventsNewestFirst(orderKey)) {
    if (before !== undefined && event.eventId >= before) continue;
    page.push(event);
    if (page.length === PAGE) break;
  }
  return page;
}

/** An environment keeps its config from one run to the next, so the calls are those of the run of the moment. */
export function configTableOf(current: () => Process, table: ConfigTable): ConfigTable {
  return {
    rows: (kind, options) => current().call('config', () => table.rows(kind, options)),
    healthRow: (id) => current().call('healthRow', () => table.healthRow(id)),
    updateHealth: (id, only, change) =>
      current().condition('updateHealth', () => table.updateHealth(id, only, change)),
    removeHealth: (id, only) => current().condition('removeHealth', () => table.removeHealth(id, only)),
  };
}

/** Which event or delivery a message wakes. */
export function wakeUpId(item: Pick<EventKey, 'eventId'> & { readonly endpointId?: string }): string {
  return `${item.eventId} ${item.endpointId ?? ''}`;
}
