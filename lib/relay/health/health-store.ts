/** Reads the endpoints' health rows through a cache, and changes them with conditional writes. */
import type { Clock } from '../model/clock.ts';
import type { EndpointId } from '../model/ids.ts';
import { isDeepStrictEqual } from '../model/node-util.ts';
import type { ConfigRow, ConfigTable, RowAttributes, RowCondition } from '../ports/config-table.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { Health } from './health.ts';
import {
  type HealthAttributes,
  type HealthRow,
  healthAttributes,
  healthRowAt,
  NO_HEALTH_ROW,
  parseHealthAttributes,
} from './health-row.ts';

/** Several functions write the same row. A change that loses this many races is dropped. */
const MAX_WRITE_TRIES = 5;

/** An eventually consistent read may miss a write of this time before it (DynamoDB's are usually within a second). */
const READ_LAG_MS = 1_000;

/** Returns a row's next health, or undefined to leave the row as it is. */
type Decide = (health: Health) => Health | undefined;

export class HealthStore {
  readonly #table: ConfigTable;
  readonly #telemetry: Telemetry;
  readonly #clock: Pick<Clock, 'now' | 'monotonicMs'>;
  /** The rows as this function last read or wrote them. */
  #rows = new Map<EndpointId, HealthRow>();
  /** The attributes as the table had them, readable or not. */
  #stored = new Map<EndpointId, ConfigRow['attributes']>();
  /** The last parsed attributes of each row. A row that has not changed since is not parsed again. */
  readonly #parsed = new Map<
    EndpointId,
    { readonly attributes: ConfigRow['attributes']; readonly result: HealthAttributes }
  >();
  /** When this function last wrote each health, on the monotonic clock. */
  readonly #writtenAtMs = new Map<EndpointId, number>();
  /** The last single read of each row. */
  readonly #rereads = new Map<
    EndpointId,
    { readonly startedAtMs: number; readonly reading: Promise<unknown> }
  >();

  constructor(table: ConfigTable, telemetry: Telemetry, clock: Pick<Clock, 'now' | 'monotonicMs'>) {
    this.#table = table;
    this.#telemetry = telemetry;
    this.#clock = clock;
  }

  /**
   * Replaces the cache with a read of all health rows, except rows that this function has written meanwhile.
   * @param startedAtMs when the read started, on the monotonic clock
   */
  replace(rows: ReadonlyMap<EndpointId, ConfigRow>, startedAtMs: number): void {
    const now = this.#clock.now();
    const before = { rows: this.#rows, stored: this.#stored };
    this.#rows = new Map([...rows].map(([id, row]) => [id, this.#parse(id, row, now)]));
    this.#stored = new Map([...rows].map(([id, row]) => [id, row.attributes]));
    for (const [id, own] of before.rows) {
      if (!this.#isOlder(id, this.row(id), own, startedAtMs - READ_LAG_MS)) continue;
      this.#rows.set(id, own);
      this.#stored.set(id, before.stored.get(id) ?? {});
    }
  }

  /** Ids of all health rows. A removed endpoint keeps its health row for a while. */
  ids(): EndpointId[] {
    return [...this.#rows.keys()];
  }

  /** The cached row. */
  row(id: EndpointId): HealthRow {
    return this.#rows.get(id) ?? NO_HEALTH_ROW;
  }

  /** Reads the row from the table and caches it, unless this function has written it meanwhile. */
  async reread(id: EndpointId): Promise<HealthRow> {
    const startedAtMs = this.#clock.monotonicMs();
    const stored = await this.#table.healthRow(id);
    const row = stored === undefined ? NO_HEALTH_ROW : this.#parse(id, stored, this.#clock.now());
    if (this.#isOlder(id, row, this.row(id), startedAtMs)) return row;
    if (stored === undefined) {
      // {@link ensure} still has to create it.
      this.#rows.delete(id);
      this.#stored.delete(id);
    } else {
      this.#rows.set(id, row);
      this.#stored.set(id, stored.attributes);
    }
    return row;
  }

  /** Rereads the row, at most once in this time. Concurrent callers share one read. Rejects when it fails. */
  async rereadEvery(id: EndpointId, intervalMs: number): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    const last = this.#rereads.get(id);
    if (last !== undefined && nowMs - last.startedAtMs < intervalMs) return void (await last.reading);
    const reading = this.reread(id);
    this.#rereads.set(id, { startedAtMs: nowMs, reading });
    await reading;
  }

  #parse(id: EndpointId, { attributes }: ConfigRow, now: Date): HealthRow {
    const known = this.#parsed.get(id);
    if (known !== undefined && isDeepStrictEqual(known.attributes, attributes))
      return healthRowAt(known.result, now);
    const result = parseHealthAttributes(attributes);
    this.#parsed.set(id, { attributes, result });
    return healthRowAt(result, now);
  }

  /** True for a row that was read before a write of this function. */
  #isOlder(id: EndpointId, read: HealthRow, own: HealthRow, readSinceMs: number): boolean {
    const writtenAtMs = this.#writtenAtMs.get(id);
    return (
      writtenAtMs !== undefined && writtenAtMs >= readSinceMs && (own.version ?? 0) > (read.version ?? 0)
    );
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
        this.#writtenAtMs.set(id, this.#clock.monotonicMs());
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
