/** Collects the results of one invocation's attempts and writes them to the endpoints' health rows. */
import { awaitAll } from '../model/await-all.ts';
import { type Clock, MAX_CLOCK_SKEW_MS, sane } from '../model/clock.ts';
import type { EndpointId } from '../model/ids.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import {
  asksForShortWait,
  type Health,
  healthAfter,
  isDown,
  isProven,
  type ObservedAttempt,
  SHORT_WAIT_SECONDS,
} from './health.ts';
import type { HealthStore } from './health-store.ts';
import { isRefusing } from './refusals.ts';

/** The health after the first `count` of an endpoint's unwritten attempts. */
interface CurrentHealth {
  readonly base: Health;
  readonly attempts: readonly ObservedAttempt[];
  readonly count: number;
  readonly health: Health;
}

export class HealthRecorder {
  readonly #store: HealthStore;
  readonly #clock: Clock;
  readonly #telemetry: Telemetry;
  /** Attempts that are not written yet. */
  readonly #unwritten = new Map<EndpointId, ObservedAttempt[]>();
  /** The last result of {@link current}. Every step asks for it, so only later attempts are added. */
  readonly #current = new Map<EndpointId, CurrentHealth>();
  /** When the wait that an endpoint asked this function for ends, on the monotonic clock and as its health records it. */
  readonly #waits = new Map<EndpointId, { readonly untilMs: number; readonly busyUntil: Date | undefined }>();
  /** The running writes, the last one per endpoint. The next write starts after it. */
  readonly #writes = new Map<EndpointId, Promise<void>>();

  constructor(store: HealthStore, clock: Clock, telemetry: Telemetry) {
    this.#store = store;
    this.#clock = clock;
    this.#telemetry = telemetry;
  }

  /** The cached health, updated by the attempts that are not written yet. */
  current(id: EndpointId): Health {
    const base = this.#store.row(id).health;
    const attempts = this.#unwritten.get(id);
    if (attempts === undefined) return base;
    const known = this.#current.get(id);
    const isGood = known?.base === base && known.attempts === attempts;
    const { health, count } = isGood ? known : { health: base, count: 0 };
    // Stryker disable next-line ConditionalExpression: it only saves time
    if (count === attempts.length) return health;
    const now = attempts.slice(count).reduce(healthAfter, health);
    this.#current.set(id, { base, attempts, count: attempts.length, health: now });
    return now;
  }

  /** Records an attempt. {@link flush} writes it. */
  observe(id: EndpointId, made: ObservedAttempt): void {
    const attempts = this.#unwritten.get(id);
    if (attempts === undefined) this.#unwritten.set(id, [made]);
    else attempts.push(made);
    if (!asksForShortWait(made)) return;
    const endsMs = this.#clock.monotonicMs() + (made.retryAfterSeconds ?? 0) * 1000;
    const untilMs = Math.max(endsMs, this.#waits.get(id)?.untilMs ?? 0);
    this.#waits.set(id, { untilMs, busyUntil: this.current(id).busyUntil });
  }

  /** The time until the endpoint may be sent to again. A wait that another function was asked for is longer by the skew. */
  waitMs(id: EndpointId): number {
    const own = this.#waits.get(id);
    const ownMs = own === undefined ? 0 : own.untilMs - this.#clock.monotonicMs();
    const { busyUntil } = this.current(id);
    const ownUntil = sane(own?.busyUntil, this.#clock.now(), SHORT_WAIT_SECONDS * 1000);
    const isOwn = ownUntil !== undefined && busyUntil !== undefined && busyUntil <= ownUntil;
    if (busyUntil === undefined || isOwn) return Math.max(0, ownMs);
    const othersMs = busyUntil.getTime() + MAX_CLOCK_SKEW_MS - this.#clock.now().getTime();
    return Math.max(0, ownMs, othersMs);
  }

  /**
   * Writes the recorded attempts, with one write per endpoint. Never rejects: a failed health write must not fail
   * deliveries.
   */
  async flush(): Promise<void> {
    const changed = [...this.#unwritten.keys()].filter((id) => this.#hasChanged(id));
    // Most answers of a good endpoint change nothing.
    // Stryker disable next-line ConditionalExpression,EqualityOperator: it only saves time
    if (changed.length > 0) await awaitAll(changed.map((id) => this.#flushOne(id)));
  }

  /** Writes an endpoint's health at once if its state changed, or whether it is proven: other functions depend on both. */
  async flushIfChanged(id: EndpointId): Promise<void> {
    const [written, now] = [this.#store.row(id).health, this.current(id)];
    const isBusy = written.busyUntil?.getTime() !== now.busyUntil?.getTime();
    if (isBusy || written.state !== now.state || isProven(written) !== isProven(now))
      await this.#flushOne(id);
  }

  /** False when the attempts change nothing. They are forgotten then. */
  #hasChanged(id: EndpointId): boolean {
    // A running write counts the attempts from the first one.
    if (this.#writes.has(id) || this.current(id) !== this.#store.row(id).health) return true;
    this.#unwritten.delete(id);
    this.#current.delete(id);
    return false;
  }

  async #flushOne(id: EndpointId): Promise<void> {
    const write = (this.#writes.get(id) ?? Promise.resolve()).then(() => this.#writeAttempts(id));
    this.#writes.set(id, write);
    await write;
    if (this.#writes.get(id) === write) this.#writes.delete(id);
  }

  async #writeAttempts(id: EndpointId): Promise<void> {
    const attempts = [...(this.#unwritten.get(id) ?? [])];
    if (attempts.length === 0) return;
    try {
      let before = this.#store.row(id).health;
      const now = await this.#store.change(id, (health) => {
        before = health;
        return attempts.reduce(healthAfter, health);
      });
      if (now !== undefined) this.#report(id, before, now);
    } catch (error) {
      this.#telemetry.error('health could not be written', error, { endpointId: id });
    }
    // `current` needs the attempts until the write ends. More attempts may have been recorded during the write.
    this.#unwritten.set(id, (this.#unwritten.get(id) ?? []).slice(attempts.length));
  }

  /** An endpoint that asks for a short wait is not counted as down. */
  #report(endpointId: EndpointId, before: Health, now: Health): void {
    const at = this.#clock.now();
    if (isDown(now, at) && !isDown(before, at)) this.#telemetry.count('CircuitsOpened');
    if (isRefusing(now) && !isRefusing(before)) {
      this.#telemetry.count('EndpointsRefusing');
      this.#telemetry.warn('endpoint is refusing', { endpointId, reason: now.lastAnswer ?? '' });
    }
    if (now.state === before.state) return;
    this.#telemetry.warn(`endpoint is ${now.state}`, { endpointId, reason: now.reason ?? '' });
    if (now.state === 'disabled') this.#telemetry.count('EndpointsDisabled');
  }
}
