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
  readonly count: number;
  readonly health: Health;
}

/**
 * The state of one endpoint between two writes. The recorder never removes the object. If it added and removed an entry of
 * a `Map` with each event, V8 would keep the attempts of many events in memory: it links each old table of a `Map` to the
 * next one.
 */
interface Recorded {
  /** Attempts that are not written yet, oldest first. */
  unwritten: ObservedAttempt[];
  /** The last result of {@link HealthRecorder.current}. Every step asks for it, so only later attempts are added. */
  current?: CurrentHealth | undefined;
  /** When the wait that the endpoint asked this function for ends, on the monotonic clock and as its health records it. */
  wait?: { readonly untilMs: number; readonly busyUntil: Date | undefined };
  /** The last running write. The next one starts after it. */
  write?: Promise<void> | undefined;
}

export class HealthRecorder {
  readonly #store: HealthStore;
  readonly #clock: Clock;
  readonly #telemetry: Telemetry;
  readonly #recorded = new Map<EndpointId, Recorded>();

  constructor(store: HealthStore, clock: Clock, telemetry: Telemetry) {
    this.#store = store;
    this.#clock = clock;
    this.#telemetry = telemetry;
  }

  /** The cached health, updated by the attempts that are not written yet. */
  current(id: EndpointId): Health {
    const base = this.#store.row(id).health;
    const recorded = this.#recorded.get(id);
    if (recorded === undefined) return base;
    const { unwritten, current } = recorded;
    // Stryker disable next-line ConditionalExpression: it only saves time
    const { health, count } = current?.base === base ? current : { health: base, count: 0 };
    // Stryker disable next-line ConditionalExpression: it only saves time
    if (count === unwritten.length) return health;
    const now = unwritten.slice(count).reduce(healthAfter, health);
    // Stryker disable next-line ObjectLiteral: it only saves time
    recorded.current = { base, count: unwritten.length, health: now };
    return now;
  }

  /** Records an attempt. {@link flush} writes it. */
  observe(id: EndpointId, made: ObservedAttempt): void {
    const recorded = this.#of(id);
    recorded.unwritten.push(made);
    if (!asksForShortWait(made)) return;
    const endsMs = this.#clock.monotonicMs() + (made.retryAfterSeconds ?? 0) * 1000;
    const untilMs = Math.max(endsMs, recorded.wait?.untilMs ?? 0);
    recorded.wait = { untilMs, busyUntil: this.current(id).busyUntil };
  }

  /** The time until the endpoint may be sent to again. A wait that another function was asked for is longer by the skew. */
  waitMs(id: EndpointId): number {
    const own = this.#recorded.get(id)?.wait;
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
    const changed = [...this.#recorded].filter(([id, recorded]) => this.#hasChanged(id, recorded));
    // Most answers of a good endpoint change nothing.
    // Stryker disable next-line ConditionalExpression,EqualityOperator: it only saves time
    if (changed.length > 0) await awaitAll(changed.map(([id]) => this.#flushOne(id)));
  }

  /** Writes an endpoint's health at once if its state changed, or whether it is proven: other functions depend on both. */
  async flushIfChanged(id: EndpointId): Promise<void> {
    const [written, now] = [this.#store.row(id).health, this.current(id)];
    const isBusy = written.busyUntil?.getTime() !== now.busyUntil?.getTime();
    if (isBusy || written.state !== now.state || isProven(written) !== isProven(now))
      await this.#flushOne(id);
  }

  #of(id: EndpointId): Recorded {
    const known = this.#recorded.get(id);
    if (known !== undefined) return known;
    const recorded: Recorded = { unwritten: [] };
    this.#recorded.set(id, recorded);
    return recorded;
  }

  /** False when the attempts change nothing. They are forgotten then. */
  #hasChanged(id: EndpointId, recorded: Recorded): boolean {
    // Stryker disable next-line ConditionalExpression,BooleanLiteral: it only saves time
    if (recorded.unwritten.length === 0) return false;
    // A running write counts the attempts from the first one.
    if (recorded.write !== undefined || this.current(id) !== this.#store.row(id).health) return true;
    forget(recorded, recorded.unwritten.length);
    return false;
  }

  async #flushOne(id: EndpointId): Promise<void> {
    const recorded = this.#of(id);
    const write = (recorded.write ?? Promise.resolve()).then(() => this.#writeAttempts(id, recorded));
    recorded.write = write;
    await write;
    // Stryker disable next-line ConditionalExpression: with a write that has ended, the next flush only takes longer
    if (recorded.write === write) recorded.write = undefined;
  }

  async #writeAttempts(id: EndpointId, recorded: Recorded): Promise<void> {
    const attempts = [...recorded.unwritten];
    // Stryker disable next-line ConditionalExpression: no attempts change no health
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
    forget(recorded, attempts.length);
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

/** Forgets the oldest attempts. */
function forget(recorded: Recorded, count: number): void {
  recorded.unwritten.splice(0, count);
  recorded.current = undefined;
}
