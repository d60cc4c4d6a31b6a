/** The whole relay at its default size in virtual time, with endpoints that a scenario scripts and no random faults. */
import { deliver } from '../../../lib/relay/deliver/deliver.ts';
import { fanOut } from '../../../lib/relay/fan-out/fan-out.ts';
import { ingest } from '../../../lib/relay/ingest.ts';
import type { Delivery, DeliveryKey } from '../../../lib/relay/model/delivery.ts';
import { type EndpointId, type EventId, sha256Hex } from '../../../lib/relay/model/ids.ts';
import type { EventMessage } from '../../../lib/relay/ports/queues.ts';
import { sweep } from '../../../lib/relay/sweep/sweep.ts';
import { SimulatedConfigTable } from '../config-table.ts';
import { FAULT_KINDS, type FaultRates, Faults } from '../faults.ts';
import { Filter } from '../filter.ts';
import { type Shared, SimulatedFunction } from '../functions.ts';
import { SimulatedMapping } from '../mapping.ts';
import { Outages } from '../outages.ts';
import { Poison } from '../poison.ts';
import type { Process } from '../process.ts';
import { Scheduler } from '../scheduler.ts';
import { UnreliableEventLog } from './event-log.ts';
import { MINUTE_MS, SECOND_MS } from './figures.ts';
import { LongQueue } from './queue.ts';
import { type Behaviour, ScriptedReceivers } from './receivers.ts';

/** The defaults of lib/stack: config.ts, mappings.ts and queues.ts. */
const FAN_OUT_CONCURRENCY = 4;
const DELIVER_CONCURRENCY = 2;
const BATCH_SIZE = 10;
const DELIVER_BATCH_SIZE = 100;
const MAX_RECEIVES = 1_000;

/** Fan-out attempts an endpoint with this health row inline. */
const PROVEN = (at: Date) => ({ state: 'ok', provenAt: at.toISOString() });
/** An endpoint that is owed something, and has yet to show that it is quick. */
const UNPROVEN = { state: 'ok', version: 1 };

const FAR_AWAY = new Date('9999-12-31T23:59:59Z');

interface EndpointSetup {
  readonly behaves: Behaviour;
  /** Attributes of its row beside the URL. */
  readonly row?: object;
  /** False for one that fan-out may not attempt inline yet. */
  readonly isProven?: boolean;
}

export interface WorldSetup {
  readonly endpoints: (startedAtMs: number) => Readonly<Record<string, EndpointSetup>>;
  readonly sources?: readonly string[];
  readonly seed: number;
  /** True where the bound is finer than the two seconds by which the clocks of two functions may differ. */
  readonly doClocksAgree?: boolean;
}

/** A webhook that was answered with 2xx. */
export interface Accepted {
  readonly eventId: EventId;
  readonly orderId: string;
  readonly source: string;
  readonly atMs: number;
}

export class World {
  readonly scheduler: Scheduler;
  readonly startedAtMs: number;
  readonly configTable: SimulatedConfigTable;
  readonly eventLog: UnreliableEventLog;
  readonly receivers: ScriptedReceivers;
  readonly events: LongQueue<EventMessage>;
  readonly deliveries: LongQueue<DeliveryKey>;
  readonly fanOut: SimulatedFunction;
  readonly deliver: SimulatedFunction;
  /** In the order in which they were answered. */
  readonly accepted: Accepted[] = [];
  /** The ids of all events that each sweep enqueued, by the number of the sweep. */
  readonly requeued: Set<EventId>[] = [];
  readonly #ingest: SimulatedFunction;
  readonly #sweep: SimulatedFunction;

  constructor({ endpoints, sources = ['main'], seed, doClocksAgree = false }: WorldSetup) {
    const scheduler = doClocksAgree ? new AgreeingScheduler(seed) : new Scheduler(seed);
    this.scheduler = scheduler;
    this.startedAtMs = scheduler.nowMs;
    const faults = new Faults(scheduler, NO_FAULTS, {}, () => {});
    this.configTable = new SimulatedConfigTable(scheduler);
    this.eventLog = new UnreliableEventLog({
      now: () => new Date(scheduler.nowMs),
      monotonicMs: () => scheduler.nowMs,
      sleep: (ms) => scheduler.sleep(ms),
    });
    this.eventLog.random = scheduler.random;
    for (const source of sources)
      this.configTable.putLongAgo('source', source, { tokenSha256: sha256Hex(tokenOf(source)) });
    const setups = Object.entries(endpoints(this.startedAtMs));
    for (const [id, { row = {}, isProven = true }] of setups) {
      this.configTable.putLongAgo('endpoint', id, { url: `https://${id}/?orderid=`, ...row });
      this.configTable.putLongAgo('health', id, isProven ? PROVEN(new Date(scheduler.nowMs)) : UNPROVEN);
    }
    this.receivers = new ScriptedReceivers(
      scheduler,
      faults,
      new Map(setups.map(([id, { behaves }]) => [id, behaves])),
    );
    this.events = new LongQueue(
      scheduler,
      faults,
      {
        fifo: true,
        visibilityMs: 240_000,
        batchSize: BATCH_SIZE,
        maxReceives: MAX_RECEIVES,
      },
      () => fanOutMapping.poll(),
    );
    this.deliveries = new LongQueue(
      scheduler,
      faults,
      { fifo: false, visibilityMs: 120_000, batchSize: DELIVER_BATCH_SIZE, maxReceives: MAX_RECEIVES },
      () => deliverMapping.poll(),
    );
    const shared: Shared = {
      aheadMs: () => 0,
      scheduler,
      faults,
      eventLog: this.eventLog,
      configTable: this.configTable,
      receivers: this.receivers,
      poison: new Poison(scheduler, faults),
      outages: new Outages(scheduler, faults, this.eventLog),
      skewMs: 1_000,
      filter: new Filter(faults),
      note: () => {},
      queues: (process) => this.#queuesOf(process),
    };
    this.#ingest = new SimulatedFunction(shared, 'ingest', 15_000);
    this.fanOut = new SimulatedFunction(shared, 'fan-out', 120_000);
    this.deliver = new SimulatedFunction(shared, 'deliver', 60_000);
    this.#sweep = new SimulatedFunction(shared, 'sweep', 50_000);
    const mapping = { scheduler, faults, extendsLateBatches: true };
    const fanOutMapping = new SimulatedMapping({
      ...mapping,
      target: this.fanOut,
      concurrency: FAN_OUT_CONCURRENCY,
      hasLeases: false,
      queue: this.events,
      work: (relay, messages) => fanOut(relay, messages),
      toMessage: ({ message, receives }) => ({ ...message, receivedBefore: receives > 1 }),
    });
    const deliverMapping = new SimulatedMapping({
      ...mapping,
      target: this.deliver,
      concurrency: DELIVER_CONCURRENCY,
      hasLeases: true,
      queue: this.deliveries,
      work: deliver,
      toMessage: ({ message }) => ({ ...message }),
    });
    this.every(MINUTE_MS, Number.POSITIVE_INFINITY, () => {
      this.requeued.push(new Set());
      this.#sweep.invoke(
        (relay, deadline) => sweep(relay, deadline),
        () => {},
      );
    });
  }

  get nowMs(): number {
    return this.scheduler.nowMs;
  }

  /** Milliseconds since the world began. */
  get elapsedMs(): number {
    return this.nowMs - this.startedAtMs;
  }

  /** One webhook of an order, through ingest. */
  webhook(orderId: string, source = 'main'): void {
    const request = { token: tokenOf(source), rawQuery: `orderid=${orderId}`, body: Buffer.from('{"n":1}') };
    this.#ingest.invoke(
      (relay) => ingest(relay, request),
      (answer) => {
        if (answer === 'died' || answer.kind !== 'accepted') return;
        this.accepted.push({ eventId: answer.eventId, orderId, source, atMs: this.nowMs });
      },
    );
  }

  /** A webhook of a new order in every interval. */
  steadyLoad(intervalMs: number, untilMs: number, source = 'main'): void {
    let order = 0;
    this.every(intervalMs, untilMs, () => this.webhook(`${source}-${++order}`, source));
  }

  /** Acts in every interval, first after one. */
  every(intervalMs: number, untilMs: number, act: () => void): void {
    const tick = () => {
      if (this.nowMs > untilMs) return;
      act();
      this.scheduler.after(intervalMs, tick);
    };
    this.scheduler.after(intervalMs, tick);
  }

  at(elapsedMs: number, act: () => unknown): void {
    this.scheduler.after(this.startedAtMs + elapsedMs - this.nowMs, act);
  }

  /**
   * Runs until a condition holds, which is looked at every second.
   * @returns when it held, in milliseconds since the world began; infinity if it did not in time
   */
  async runUntil(untilMs: number, isReached: () => boolean | Promise<boolean>): Promise<number> {
    let reachedAtMs: number | undefined;
    let isOver = false;
    const look = async () => {
      if (await isReached()) reachedAtMs = this.elapsedMs;
      isOver = reachedAtMs !== undefined || this.elapsedMs >= untilMs;
      if (!isOver) this.scheduler.after(SECOND_MS, look);
    };
    this.scheduler.after(0, look);
    await this.scheduler.run(() => isOver);
    return reachedAtMs ?? Number.POSITIVE_INFINITY;
  }

  async runFor(durationMs: number): Promise<void> {
    const untilMs = this.elapsedMs + durationMs;
    await this.runUntil(untilMs, () => false);
  }

  /** How much a list holds, whenever it is due. */
  async owedTo(list: string, limit = Number.POSITIVE_INFINITY): Promise<number> {
    const { isOut } = this.eventLog;
    this.eventLog.isOut = false;
    const { length } = await this.eventLog.owed(list, FAR_AWAY, limit);
    this.eventLog.isOut = isOut;
    return length;
  }

  /** A function that says whether the endpoint has acknowledged every event that was accepted up to some time ago. */
  backlogDrained(endpointId: string, lagMs: number): () => boolean {
    let acknowledged = 0;
    return () => {
      const delivered = this.receivers.deliveredTo(endpointId);
      for (;;) {
        const next = this.accepted[acknowledged];
        if (next === undefined || next.atMs > this.nowMs - lagMs) return true;
        if (!delivered.has(next.eventId)) return false;
        acknowledged += 1;
      }
    };
  }

  /**
   * How long after it was accepted each event was first sent to an endpoint, fast or not; an event that was never sent
   * counts as late as it is now.
   */
  firstAttemptsMs(endpointId: string, isMeant: (event: Accepted) => boolean = () => true): number[] {
    const firstAtMs = new Map<string, number>();
    for (const { eventId, startedAtMs } of this.receivers.requestsTo(endpointId))
      if (!firstAtMs.has(eventId)) firstAtMs.set(eventId, startedAtMs);
    return this.accepted
      .filter(isMeant)
      .map(({ eventId, atMs }) => Math.max(0, (firstAtMs.get(eventId) ?? this.nowMs) - atMs));
  }

  /** The most requests that deliver had in flight to an endpoint. */
  mostInFlight(endpointId: string, sinceMs = 0): number {
    return this.receivers
      .requestsTo(endpointId)
      .filter(({ by, startedAtMs }) => by === 'deliver' && startedAtMs >= sinceMs)
      .reduce((most, { inFlight }) => Math.max(most, inFlight), 0);
  }

  async delivery(key: DeliveryKey): Promise<Delivery | undefined> {
    const rows = await this.eventLog.deliveries(key.orderKey);
    return rows.find((row) => row.eventId === key.eventId && row.endpointId === key.endpointId);
  }

  change(endpointId: string, attributes: object): void {
    void this.configTable.rows('endpoint').then((rows) => {
      const row = rows.find(({ id }) => id === endpointId);
      this.configTable.put('endpoint', endpointId, { ...row?.attributes, ...attributes });
    });
  }

  #queuesOf(process: Process): ReturnType<Shared['queues']> {
    return {
      eventQueue: {
        send: (message) => process.write('send', async () => this.events.put(message, message.orderKey, 0)),
        enqueueAgain: (messages) =>
          process.write('enqueueAgain', async () => {
            for (const message of messages) {
              this.requeued.at(-1)?.add(message.eventId);
              this.events.put({ ...message }, message.orderKey, 0);
            }
            return [];
          }),
      },
      deliveryQueue: {
        send: (messages) =>
          process.write('sendDeliveries', async () => {
            for (const { orderKey, eventId, endpointId, delaySeconds } of messages)
              this.deliveries.put({ orderKey, eventId, endpointId }, undefined, delaySeconds * SECOND_MS);
            return [];
          }),
      },
    };
  }
}

/** A range around zero is the skew of a function's clock. */
class AgreeingScheduler extends Scheduler {
  override between(least: number, most: number): number {
    return least === -most ? 0 : super.between(least, most);
  }
}

const NO_FAULTS = Object.fromEntries(FAULT_KINDS.map((kind) => [kind, 0])) as FaultRates;

function tokenOf(source: string): string {
  return source.padEnd(43, '-');
}

export const asEndpointId = (id: string): EndpointId => id as EndpointId;
