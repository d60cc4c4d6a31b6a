/** Collects the results of one invocation's attempts and writes them to the endpoints' health rows. */

import { awaitAll } from '../model/await-all.ts';
import type { Clock } from '../model/clock.ts';
import type { EndpointId } from '../model/ids.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { type Health, healthAfter, isDown, isProven, type ObservedAttempt } from './health.ts';
import type { HealthStore } from './health-store.ts';
import { isRefusing } from './refusals.ts';

export class HealthRecorder {
  readonly #store: HealthStore;
  readonly #clock: Clock;
  readonly #telemetry: Telemetry;
  /** Attempts that are not written yet. */
  readonly #unwritten = new Map<EndpointId, ObservedAttempt[]>();
  /** The last write per endpoint. The next write starts after it. */
  readonly #writes = new Map<EndpointId, Promise<void>>();

  constructor(store: HealthStore, clock: Clock, telemetry: Telemetry) {
    this.#store = store;
    this.#clock = clock;
    this.#telemetry = telemetry;
  }

  /** The cached health, updated by the attempts that are not written yet. */
  current(id: EndpointId): Health {
    return (this.#unwritten.get(id) ?? []).reduce(healthAfter, this.#store.row(id).health);
  }

  /** Records an attempt. {@link flush} writes it. */
  observe(id: EndpointId, made: ObservedAttempt): void {
    this.#unwritten.set(id, [...(this.#unwritten.get(id) ?? []), made]);
  }

  /**
   * Writes the recorded attempts, with one write per endpoint. Never rejects: a failed health write must not fail
   * deliveries.
   */
  async flush(): Promise<void> {
    await awaitAll([...this.#unwritten.keys()].map((id) => this.#flushOne(id)));
  }

  /** Writes an endpoint's health at once if its state changed, or whether it is proven: other functions depend on both. */
  async flushIfChanged(id: EndpointId): Promise<void> {
    const [written, now] = [this.#store.row(id).health, this.current(id)];
    if (written.state !== now.state || isProven(written) !== isProven(now)) await this.#flushOne(id);
  }

  async #flushOne(id: EndpointId): Promise<void> {
    const write = (this.#writes.get(id) ?? Promise.resolve()).then(() => this.#writeAttempts(id));
    this.#writes.set(id, write);
    await write;
  }

  async #writeAttempts(id: EndpointId): Promise<void> {
    const attempts = this.#unwritten.get(id) ?? [];
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
