/** The endpoints' health as one function keeps it: what the table says, and what its own attempts have told since. */
import type { Clock } from '../model/clock.ts';
import type { Attempt } from '../model/delivery.ts';
import type { EndpointId } from '../model/ids.ts';
import { settleAll } from '../model/settle-all.ts';
import type { ConfigTable, RowAttributes } from '../ports/config-table.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { type Health, healthAfter, isDown, isProven, takingProbe } from './health.ts';
import { type HealthRow, healthAttributes, NO_HEALTH_ROW, parseHealthRow } from './health-row.ts';

/** Others write the row at the same time: how often a change is decided anew before it is given up. */
const TRIES = 5;

/** Decides a row's next health; undefined, or the very same, to leave it as it is. */
type Decide = (health: Health) => Health | undefined;

export class HealthBook {
  readonly #table: ConfigTable;
  readonly #clock: Clock;
  readonly #telemetry: Telemetry;
  /** As last read or written. */
  #rows = new Map<EndpointId, HealthRow>();
  /** The running invocation's attempts that are not written yet. */
  readonly #observed = new Map<EndpointId, Attempt[]>();
  /** One write at a time for each endpoint. */
  readonly #writing = new Map<EndpointId, Promise<void>>();

  constructor(table: ConfigTable, clock: Clock, telemetry: Telemetry) {
    this.#table = table;
    this.#clock = clock;
    this.#telemetry = telemetry;
  }

  /** Takes over what was read of the whole table. */
  replace(rows: ReadonlyMap<EndpointId, HealthRow>): void {
    this.#rows = new Map(rows);
  }

  /** Endpoints that have a health row, whether or not they still have one of their own. */
  ids(): EndpointId[] {
    return [...this.#rows.keys()];
  }

  row(id: EndpointId): HealthRow {
    return this.#rows.get(id) ?? NO_HEALTH_ROW;
  }

  /** With what this invocation's own attempts have told. */
  of(id: EndpointId): Health {
    return (this.#observed.get(id) ?? []).reduce(healthAfter, this.row(id).health);
  }

  /** Takes note of an attempt. It is written by {@link flush}, together with others. */
  observe(id: EndpointId, made: Attempt): void {
    this.#observed.set(id, [...(this.#observed.get(id) ?? []), made]);
  }

  /**
   * Writes what the attempts have changed, in one write for each endpoint. Never rejects: health that cannot be written
   * must not fail the deliveries.
   */
  async flush(): Promise<void> {
    await settleAll([...this.#observed.keys()].map((id) => this.#flushOne(id)));
  }

  /** Writes an endpoint's health at once if others decide by what has changed: its state, or whether it is proven. */
  async flushIfChanged(id: EndpointId): Promise<void> {
    const [written, now] = [this.row(id).health, this.of(id)];
    if (written.state !== now.state || isProven(written) !== isProven(now)) await this.#flushOne(id);
  }

  async #flushOne(id: EndpointId): Promise<void> {
    const writing = (this.#writing.get(id) ?? Promise.resolve()).then(() => this.#writeObserved(id));
    this.#writing.set(id, writing);
    await writing;
  }

  async #writeObserved(id: EndpointId): Promise<void> {
    const attempts = this.#observed.get(id) ?? [];
    if (attempts.length === 0) return;
    try {
      const before = this.row(id).health;
      const now = await this.change(id, (health) => attempts.reduce(healthAfter, health));
      if (now !== undefined) this.#report(id, before, now);
    } catch (error) {
      this.#telemetry.error('health could not be written', error, { endpointId: id });
    }
    // They count until they are written, and others may have come meanwhile.
    this.#observed.set(id, (this.#observed.get(id) ?? []).slice(attempts.length));
  }

  /** Before an endpoint's first owed row: so sweep finds what is owed to it even once its own row is gone. */
  async ensure(id: EndpointId): Promise<void> {
    if (this.#rows.has(id)) return;
    const unwritten = { version: undefined };
    await this.#table.updateHealth(id, unwritten, { state: 'ok', version: 1 });
    if (!this.#rows.has(id)) this.#rows.set(id, NO_HEALTH_ROW);
  }

  /**
   * Changes an endpoint's health by what it is at the moment of writing.
   * @returns the new health; undefined when there was nothing to change
   */
  async change(id: EndpointId, decide: Decide): Promise<Health | undefined> {
    for (let tried = 1; tried <= TRIES; tried++) {
      const { health, version } = this.row(id);
      const next = decide(health);
      if (next === undefined || next === health) return undefined;
      if (await this.#write(id, version, healthAttributes(next))) {
        this.#rows.set(id, { ...this.row(id), health: next, version: (version ?? 0) + 1 });
        return next;
      }
      await this.reread(id);
    }
    this.#telemetry.warn('health was changed by others again and again', { endpointId: id });
    return undefined;
  }

  /** True when the right to probe the endpoint now is this invocation's. */
  async takeProbe(id: EndpointId): Promise<boolean> {
    return (await this.change(id, (health) => takingProbe(health, this.#clock.now()))) !== undefined;
  }

  async reread(id: EndpointId): Promise<HealthRow> {
    const row = parseHealthRow(await this.#table.healthRow(id));
    this.#rows.set(id, row);
    return row;
  }

  /** Notes since when an endpoint without a row is owed nothing; null when that is over. */
  async setGoneSince(id: EndpointId, goneSince: Date | null): Promise<void> {
    await this.#write(id, this.row(id).version, { goneSince });
  }

  /** Notes what has been told of an endpoint; nothing when somebody else has told it. */
  async noteTold(
    id: EndpointId,
    told: Partial<Pick<HealthRow, 'toldState' | 'toldDeadUntil'>>,
  ): Promise<void> {
    const { toldState, toldDeadUntil } = this.row(id);
    const only = 'toldState' in told ? { toldState } : { toldDeadUntil };
    if (await this.#table.updateHealth(id, only, told)) this.#rows.set(id, { ...this.row(id), ...told });
  }

  async remove(id: EndpointId): Promise<void> {
    await this.#table.removeHealth(id, { version: this.row(id).version });
  }

  /** Takes, changes or gives back the right to serve an endpoint; false when somebody else has changed it. */
  async setLock(id: EndpointId, previousId: string | undefined, lock: RowAttributes): Promise<boolean> {
    return this.#table.updateHealth(id, { lockId: previousId }, lock);
  }

  #write(id: EndpointId, version: number | undefined, attributes: RowAttributes): Promise<boolean> {
    return this.#table.updateHealth(id, { version }, { ...attributes, version: (version ?? 0) + 1 });
  }

  /** An endpoint that asks for a short wait raises no alarm. */
  #report(endpointId: EndpointId, before: Health, now: Health): void {
    const at = this.#clock.now();
    if (isDown(now, at) && !isDown(before, at)) this.#telemetry.count('CircuitsOpened');
    if (now.state === before.state) return;
    this.#telemetry.warn(`endpoint is ${now.state}`, { endpointId, reason: now.reason ?? '' });
    if (now.state === 'disabled') this.#telemetry.count('EndpointsDisabled');
  }
}
