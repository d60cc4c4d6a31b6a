/** Reads the endpoints' health rows through a cache, and changes them with conditional writes. */
import type { Clock } from '../model/clock.ts';
import type { EndpointId } from '../model/ids.ts';
import type { ConfigRow, ConfigTable, RowAttributes, RowCondition } from '../ports/config-table.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { Health } from './health.ts';
import { type HealthRow, healthAttributes, NO_HEALTH_ROW, parseHealthRow } from './health-row.ts';

/** Several functions write the same row. A change that loses this many races is dropped. */
const MAX_WRITE_TRIES = 5;

/** Returns a row's next health, or undefined to leave the row as it is. */
type Decide = (health: Health) => Health | undefined;

export class HealthStore {
  readonly #table: ConfigTable;
  readonly #telemetry: Telemetry;
  readonly #clock: Pick<Clock, 'now'>;
  /** The rows as this function last read or wrote them. */
  #rows = new Map<EndpointId, HealthRow>();
  /** The attributes as the table had them, readable or not. */
  #stored = new Map<EndpointId, ConfigRow['attributes']>();

  constructor(table: ConfigTable, telemetry: Telemetry, clock: Pick<Clock, 'now'>) {
    this.#table = table;
    this.#telemetry = telemetry;
    this.#clock = clock;
  }

  /** Replaces the cache with a fresh read of all health rows. */
  replace(rows: ReadonlyMap<EndpointId, ConfigRow>): void {
    const now = this.#clock.now();
    this.#rows = new Map([...rows].map(([id, row]) => [id, parseHealthRow(row, now)]));
    this.#stored = new Map([...rows].map(([id, row]) => [id, row.attributes]));
  }

  /** Ids of all health rows. A removed endpoint keeps its health row for a while. */
  ids(): EndpointId[] {
    return [...this.#rows.keys()];
  }

  /** The cached row. */
  row(id: EndpointId): HealthRow {
    return this.#rows.get(id) ?? NO_HEALTH_ROW;
  }

  /** Reads the row from the table and caches it. */
  async reread(id: EndpointId): Promise<HealthRow> {
    const stored = await this.#table.healthRow(id);
    const row = parseHealthRow(stored, this.#clock.now());
    this.#rows.set(id, row);
    this.#stored.set(id, stored?.attributes ?? {});
    return row;
  }

  /**
   * Creates the health row if the endpoint has none. Call it before the endpoint's first delivery row is written: sweep
   * finds the deliveries of a removed endpoint by its health row.
   */
  async ensure(id: EndpointId): Promise<void> {
    if (this.#rows.has(id)) return;
    const unwritten = { version: undefined };
    await this.#table.updateHealth(id, unwritten, { state: 'ok', version: 1 });
    if (!this.#rows.has(id)) this.#rows.set(id, NO_HEALTH_ROW);
  }

  /**
   * Changes an endpoint's health. When another function wrote the row first, it reads the row and decides again.
   * @returns the new health; undefined when nothing was changed
   */
  async change(id: EndpointId, decide: Decide): Promise<Health | undefined> {
    for (let tried = 1; tried <= MAX_WRITE_TRIES; tried++) {
      const { health, version } = this.row(id);
      const next = decide(health);
      if (next === undefined || next === health) return undefined;
      if (await this.#write(id, version, healthAttributes(next))) {
        this.#rows.set(id, { ...this.row(id), health: next, version: (version ?? 0) + 1 });
        return next;
      }
      await this.reread(id);
    }
    this.#telemetry.warn('health row changed repeatedly; the update was dropped', { endpointId: id });
    return undefined;
  }

  /** Records since when a removed endpoint has no deliveries left; null when it has some again. */
  async setGoneSince(id: EndpointId, goneSince: Date | null): Promise<void> {
    await this.#write(id, this.row(id).version, { goneSince });
  }

  /**
   * Writes attributes that have no version: the delivery lock, and the record of sent notices.
   * @param expected the attributes that the row must still have
   * @returns false when the row has other values
   */
  async compareAndSet(id: EndpointId, expected: RowAttributes, attributes: RowAttributes): Promise<boolean> {
    return this.#table.updateHealth(id, this.#asStored(id, expected), attributes);
  }

  /** Updates the cached row after a {@link compareAndSet}. */
  cache(id: EndpointId, changes: Partial<HealthRow>): void {
    this.#rows.set(id, { ...this.row(id), ...changes });
  }

  async remove(id: EndpointId): Promise<void> {
    await this.#table.removeHealth(id, this.#asStored(id, { version: this.row(id).version }));
  }

  #write(id: EndpointId, version: number | undefined, attributes: RowAttributes): Promise<boolean> {
    const expected = this.#asStored(id, { version });
    return this.#table.updateHealth(id, expected, { ...attributes, version: (version ?? 0) + 1 });
  }

  /**
   * People edit rows. A value that cannot be read counts as absent, but the table has it: a condition on its absence
   * would never be met, and the row could never be written again.
   */
  #asStored(id: EndpointId, expected: RowAttributes): RowCondition {
    const stored = this.#stored.get(id) ?? {};
    return Object.fromEntries(Object.entries(expected).map(([name, value]) => [name, value ?? stored[name]]));
  }
}
