/** How long it takes until everything is settled once faults have stopped, by each endpoint's state at that moment. */
import { isSettled } from '../../lib/relay/model/delivery.ts';
import type { EndpointId, EventId } from '../../lib/relay/model/ids.ts';
import { isNextYear } from './clock-jump.ts';
import { ENDPOINT_IDS } from './endpoints.ts';
import { isFailing, isProven } from './health-checks.ts';
import { orderKey, type RunWorld, wasQuarantined } from './run-world.ts';

const STATES = ['ok', 'unproven', 'failing', 'paused', 'fan-out', 'quarantined', 'poisoned'] as const;
export type EndpointState = (typeof STATES)[number];

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/**
 * The longest that it may take, beyond the retries that were scheduled when faults stopped. `quarantined` is an order with an
 * event that fan-out quarantined; `poisoned` is an order with an event that can never be processed.
 */
const SETTLED_WITHIN_MS: Readonly<Record<EndpointState, number>> = {
  ok: 20 * MINUTE_MS,
  unproven: 20 * MINUTE_MS,
  // The longest probe interval, and a sweep.
  failing: 25 * MINUTE_MS,
  paused: 20 * MINUTE_MS,
  'fan-out': 15 * MINUTE_MS,
  // After its fifth failure fan-out retries an event within an hour.
  quarantined: 75 * MINUTE_MS,
  // The event ends after ten attempts, by the retry schedule.
  poisoned: 4.5 * DAY_MS,
};

/** Sweep corrects due times of next year in one minute of ten. */
const CORRECTED_WITHIN_MS = 15 * MINUTE_MS;

/** Requests that were in flight when faults stopped may still fail, and schedule a retry. */
const IN_FLIGHT_MS = 2 * MINUTE_MS;

export class Liveness {
  readonly #world: RunWorld;
  readonly #states = new Map<string, EndpointState>();
  /** The last retry that is scheduled, by endpoint and order. */
  readonly #scheduledMs = new Map<string, number>();
  #faultsEndedAtMs = Number.POSITIVE_INFINITY;

  constructor(world: RunWorld) {
    this.#world = world;
  }

  faultsEnded(): void {
    const { scheduler, refusals } = this.#world;
    this.#faultsEndedAtMs = scheduler.nowMs;
    for (const id of ENDPOINT_IDS) this.#states.set(id, this.#stateOf(id));
    scheduler.after(IN_FLIGHT_MS, () => void this.#noteSchedule());
    // An attempt that the endpoint refuses before then is scheduled again.
    for (const id of ENDPOINT_IDS) {
      const inMs = (refusals.endOf(id) ?? 0) - scheduler.nowMs;
      if (inMs > 0) scheduler.after(inMs + IN_FLIGHT_MS, () => void this.#noteSchedule());
    }
  }

  /** @returns the longest that deliveries took, by the state that their endpoint was in */
  async check(): Promise<Map<EndpointState, number>> {
    const { hub, eventLog, faults, poison, refusals, scheduler, didClocksJump, fail } = this.#world;
    const accepted = new Set(hub.webhooks.map((webhook) => webhook.accepted?.eventId));
    // Work that outlived its function may write an event long after the Hub was refused.
    const startOf = (eventId: EventId) =>
      accepted.has(eventId)
        ? this.#faultsEndedAtMs
        : Math.max(this.#faultsEndedAtMs, faults.leftoverWorkAtMs);
    const allowedMs = didClocksJump ? CORRECTED_WITHIN_MS : 0;
    const longest = new Map<EndpointState, number>();
    const add = (state: EndpointState, durationMs: number, what: string) => {
      longest.set(state, Math.max(longest.get(state) ?? 0, durationMs));
      if (durationMs > SETTLED_WITHIN_MS[state] + allowedMs)
        fail(`${what} took ${(durationMs / MINUTE_MS).toFixed(0)} min to settle (${state})`);
    };
    for (const orderId of hub.orderIds) {
      const events = await Array.fromAsync(eventLog.eventsNewestFirst(orderKey(orderId)));
      const orderState = events.some(({ eventId }) => poison.isForEver(eventId))
        ? 'poisoned'
        : events.some(wasQuarantined)
          ? 'quarantined'
          : undefined;
      for (const { eventId, fannedOutAt } of events) {
        if (fannedOutAt === undefined || isNextYear(fannedOutAt, scheduler)) continue;
        add(orderState ?? 'fan-out', fannedOutAt.getTime() - startOf(eventId), eventId);
      }
      for (const row of await eventLog.deliveries(orderKey(orderId))) {
        const { endpointId, eventId } = row;
        const scheduledMs = this.#scheduledMs.get(keyOf(endpointId, orderId)) ?? 0;
        const state = orderState ?? this.#states.get(endpointId);
        if (!isSettled(row) || state === undefined || isNextYear(row.settledAt, scheduler)) continue;
        const sinceMs = Math.max(startOf(eventId), scheduledMs, refusals.endOf(endpointId) ?? 0);
        add(state, row.settledAt.getTime() - sinceMs, `${eventId} to ${endpointId}`);
      }
    }
    return longest;
  }

  #stateOf(id: string): EndpointState {
    const { configTable, scheduler } = this.#world;
    const [row] = configTable.during('endpoint', id, scheduler.nowMs, scheduler.nowMs);
    if (row === undefined || row.state !== undefined) return 'paused';
    const [health = {}] = configTable.during('health', id, scheduler.nowMs, scheduler.nowMs);
    if (isFailing(health)) return 'failing';
    return isProven(health) ? 'ok' : 'unproven';
  }

  async #noteSchedule(): Promise<void> {
    const { hub, eventLog, scheduler } = this.#world;
    for (const orderId of hub.orderIds) {
      for (const row of await eventLog.deliveries(orderKey(orderId))) {
        const key = keyOf(row.endpointId, orderId);
        const nextAttemptAt = isSettled(row) ? undefined : row.nextAttemptAt;
        const known = this.#scheduledMs.get(key) ?? 0;
        // A retry of next year is due now.
        const isMeant = nextAttemptAt !== undefined && !isNextYear(nextAttemptAt, scheduler);
        this.#scheduledMs.set(key, Math.max(known, isMeant ? nextAttemptAt.getTime() : 0));
      }
    }
  }
}

const keyOf = (endpointId: EndpointId, orderId: string) => `${endpointId} ${orderId}`;
