/** The endpoints' health as one function keeps it: what the table says, and what its own attempts have told since. */
import { ulid } from 'ulid';
import { after, type Clock, type Random } from './clock.ts';
import type { Attempt } from './delivery.ts';
import { type Health, healthAfter, isDown, takingProbe } from './health.ts';
import { type HealthRow, healthAttributes, NO_HEALTH_ROW, parseHealthRow } from './health-row.ts';
import type { EndpointId } from './ids.ts';
import type { ConfigTable, RowAttributes, Telemetry } from './ports.ts';

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
  /** Of the running invocation, and not written yet. */
  readonly #observed = new Map<EndpointId, Attempt[]>();
  /** Who waits for a slot here waits for the one before, or they would only get in each other's way. */
  readonly #lastSlot = new Map<EndpointId, Promise<unknown>>();

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
   * Writes what the attempts have changed, at most once per endpoint and invocation. Never rejects: a health that
   * could not be written must not fail the deliveries that it tells of.
   */
  async flush(): Promise<void> {
    const observed = [...this.#observed];
    this.#observed.clear();
    await Promise.all(
      observed.map(async ([id, attempts]) => {
        try {
          const before = this.row(id).health;
          const now = await this.change(id, (health) => attempts.reduce(healthAfter, health));
          if (now !== undefined) this.#report(id, before, now);
        } catch (error) {
          this.#telemetry.error('health could not be written', error, { endpointId: id });
        }
      }),
    );
  }

  /** Before an endpoint's first owed row: so sweep finds what is owed to it even once its own row is gone. */
  async ensure(id: EndpointId): Promise<void> {
    if (this.#rows.has(id)) return;
    const unwritten = { version: undefined };
    await this.#table.updateHealth(id, unwritten, { state: 'closed', version: 1 });
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

  /**
   * The right to be the only invocation of deliver that works for an endpoint.
   * @returns what gives it back; undefined while another one has it
   */
  async takeDelivering(
    id: EndpointId,
    random: Random,
    untilMs: number,
  ): Promise<(() => Promise<void>) | undefined> {
    const now = this.#clock.now();
    const { deliveringId, deliveringUntil } = await this.reread(id);
    if (deliveringUntil !== undefined && deliveringUntil > now) return undefined;
    const mine = ulid(now.getTime(), random);
    const taken = { deliveringId: mine, deliveringUntil: after(now, untilMs) };
    if (!(await this.#table.updateHealth(id, { deliveringId }, taken))) return undefined;
    return async () => {
      const givenBack = { deliveringId: null, deliveringUntil: null };
      await this.#table.updateHealth(id, { deliveringId: mine }, givenBack);
    };
  }

  /**
   * The moment at which an endpoint with a rate limit may get its next delivery; nobody else gets the same.
   * @returns undefined, and nothing is taken, when that is longer away than a wait may be
   */
  takeSlot(id: EndpointId, intervalMs: number, longestWaitMs: number): Promise<Date | undefined> {
    const before = this.#lastSlot.get(id) ?? Promise.resolve();
    const slot = before.then(() => this.#takeSlot(id, intervalMs, longestWaitMs));
    this.#lastSlot.set(
      id,
      slot.catch(() => undefined),
    );
    return slot;
  }

  async #takeSlot(id: EndpointId, intervalMs: number, longestWaitMs: number): Promise<Date | undefined> {
    for (let tried = 1; tried <= TRIES; tried++) {
      const { nextSlotAt } = tried === 1 ? this.row(id) : await this.reread(id);
      const now = this.#clock.now();
      const slot = nextSlotAt !== undefined && nextSlotAt > now ? nextSlotAt : now;
      // No message bridges such a wait, and sweep would end it too late: the limit would be spent on slots that pass.
      if (slot > after(now, longestWaitMs)) return undefined;
      // Moments are whole milliseconds: a part that is dropped would be sent too much.
      const next = after(slot, Math.ceil(intervalMs));
      if (await this.#table.updateHealth(id, { nextSlotAt }, { nextSlotAt: next })) {
        this.#rows.set(id, { ...this.row(id), nextSlotAt: next });
        return slot;
      }
    }
    throw new Error('no slot of the rate limit could be had: too many want one at once');
  }

  #write(id: EndpointId, version: number | undefined, attributes: RowAttributes): Promise<boolean> {
    return this.#table.updateHealth(id, { version }, { ...attributes, version: (version ?? 0) + 1 });
  }

  /** One that only asks to be left alone for a moment is nothing to ring for. */
  #report(endpointId: EndpointId, before: Health, now: Health): void {
    const at = this.#clock.now();
    if (isDown(now, at) && !isDown(before, at)) this.#telemetry.count('CircuitsOpened');
    if (now.state === before.state) return;
    this.#telemetry.warn(`endpoint's circuit is ${now.state}`, { endpointId, reason: now.reason ?? '' });
    if (now.state === 'disabled') this.#telemetry.count('EndpointsDisabled');
  }
}
