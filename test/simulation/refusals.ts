/** An endpoint that refuses everything for minutes or hours. Its health has to say so, and people have to be told. */
import type { SimulatedConfigTable } from './config-table.ts';
import { ENDPOINT_IDS, hasPager } from './endpoints.ts';
import type { Faults } from './faults.ts';
import type { Receivers, Sent } from './receivers.ts';
import type { Scheduler } from './scheduler.ts';

const MINUTE_MS = 60_000;
const STATUSES = [401, 403, 404, 422];
/** The third attempt is five minutes after the first, and the fourth half an hour later. */
const LONGEST_MS = 180 * MINUTE_MS;
const ORDERS_TO_REFUSE = 5;
/** A write that was given up takes effect within three minutes. */
const LATE_WRITES_MS = 4 * MINUTE_MS;
/** Sweep runs at the next retry at the latest, and that is up to half an hour away. */
const TOLD_WITHIN_MS = 45 * MINUTE_MS;

export interface RefusalsWorld {
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly receivers: Receivers;
  readonly configTable: SimulatedConfigTable;
  readonly well: ReadonlySet<string>;
  /** Endpoints that the operator removed or disabled. */
  readonly wasAway: ReadonlySet<string>;
  readonly note: (text: string) => void;
  readonly fail: (text: string) => void;
}

export class Refusals {
  readonly #world: RefusalsWorld;
  #faultsEndedAtMs = Number.POSITIVE_INFINITY;
  #ends: { readonly endpointId: string; readonly atMs: number } | undefined;

  constructor(world: RefusalsWorld) {
    this.#world = world;
  }

  /** In some runs one endpoint refuses everything, from some time in the first minute on. */
  start(): void {
    const { scheduler, faults, receivers, well, note } = this.#world;
    if (!faults.strikes('endpoint refused everything')) return;
    const endpointId = scheduler.pick(ENDPOINT_IDS.filter((id) => !well.has(id)));
    const status = scheduler.pick(STATUSES);
    const durationMs = scheduler.between(MINUTE_MS, LONGEST_MS);
    const startsInMs = scheduler.between(0, MINUTE_MS);
    this.#ends = { endpointId, atMs: scheduler.nowMs + startsInMs + durationMs };
    scheduler.after(startsInMs, () => {
      note(`${endpointId} answers ${status} to everything for ${(durationMs / MINUTE_MS).toFixed(0)} min`);
      receivers.refuse(endpointId, status, durationMs);
    });
    scheduler.after(startsInMs + durationMs - 1, () => this.#check(endpointId));
  }

  faultsEnded(): void {
    this.#faultsEndedAtMs = this.#world.scheduler.nowMs;
  }

  /** When the endpoint accepts requests again; undefined when it refused none. */
  endOf(endpointId: string): number | undefined {
    return this.#ends?.endpointId === endpointId ? this.#ends.atMs : undefined;
  }

  /** Right before the endpoint accepts requests again. Only what happened without faults is certain. */
  #check(endpointId: string): void {
    const { scheduler, faults, receivers, configTable, wasAway, fail } = this.#world;
    if (wasAway.has(endpointId) || faults.countOf(...GOES_ON_LATER) > 0) return;
    const sinceMs = this.#faultsEndedAtMs + LATE_WRITES_MS;
    const isCertain = (sent: Sent) => sent.endpointId === endpointId && sent.startedAtMs > sinceMs;
    const refused = new Set(receivers.sent.filter(isCertain).map(({ orderId }) => orderId));
    const nowMs = scheduler.nowMs;
    const [row = {}] = configTable.during('health', endpointId, nowMs, nowMs);
    if (refused.size >= ORDERS_TO_REFUSE && !isRefusing(row))
      fail(`${endpointId} refused ${refused.size} orders, and its health does not say so`);
    const toldSinceMs = Math.max(sinceMs, nowMs - TOLD_WITHIN_MS);
    if (nowMs - toldSinceMs < TOLD_WITHIN_MS || !hasPager(configTable)) return;
    const rows = configTable.during('health', endpointId, toldSinceMs, nowMs);
    if (rows.every(isRefusing) && row.notifiedState !== 'refusing')
      fail(`${endpointId} is refusing, and nobody was told`);
  }
}

/** Then an invocation may write what it saw long ago. */
const GOES_ON_LATER = [
  'process paused',
  'process paused after it took a right',
  'work outlived its function',
] as const;

function isRefusing({ refusedOrders }: Readonly<Record<string, unknown>>): boolean {
  return Array.isArray(refusedOrders) && refusedOrders.length >= ORDERS_TO_REFUSE;
}
