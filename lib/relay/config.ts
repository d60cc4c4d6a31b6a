/** The Config table as the functions use it: sources and endpoints through caches, and the endpoints' health. */
import { CACHE_MS, ConfigCache, EARLIEST_REFRESH_MS } from './config-cache.ts';
import { ConfigRowReader, type InvalidRow } from './config-rows.ts';
import { type Endpoint, endpointSchema } from './endpoint/endpoint.ts';
import { endpointIdSchema } from './endpoint/endpoint-id.ts';
import type { Source } from './endpoint/source.ts';
import { HealthRecorder } from './health/health-recorder.ts';
import { HealthStore } from './health/health-store.ts';
import { NoticeLedger } from './health/notice-ledger.ts';
import type { Clock } from './model/clock.ts';
import type { EndpointId } from './model/ids.ts';
import type { ConfigTable } from './ports/config-table.ts';
import type { Telemetry } from './ports/telemetry.ts';
import { Sources } from './sources.ts';

/** The endpoints as fan-out, deliver and sweep see them. */
export interface Endpoints {
  readonly valid: readonly Endpoint[];
  /** Endpoints with an invalid row. Their deliveries are parked until the row is fixed. */
  readonly invalid: readonly (InvalidRow & { readonly id: EndpointId })[];
  /** When the rows were read, on the monotonic clock. */
  readonly readAtMs: number;
}

export class Config {
  /** The endpoints' health rows. {@link endpoints} reads them, too. */
  readonly health: HealthStore;
  /** Adds the results of this function's attempts to {@link health}. */
  readonly healthRecorder: HealthRecorder;
  readonly noticeLedger: NoticeLedger;
  readonly #table: ConfigTable;
  readonly #clock: Clock;
  readonly #rowReader: ConfigRowReader<Endpoint>;
  readonly #sources: Sources;
  readonly #endpoints: ConfigCache<Endpoints>;

  constructor(table: ConfigTable, clock: Clock, telemetry: Telemetry) {
    this.#table = table;
    this.#clock = clock;
    this.#rowReader = new ConfigRowReader(telemetry, 'endpoint', endpointSchema);
    this.health = new HealthStore(table, telemetry, clock);
    this.healthRecorder = new HealthRecorder(this.health, clock, telemetry);
    this.noticeLedger = new NoticeLedger(this.health);
    this.#sources = new Sources(table, clock, telemetry);
    this.#endpoints = new ConfigCache(clock, telemetry, () => this.#readEndpoints());
  }

  /** See {@link Sources.sourceByToken}. */
  sourceByToken(tokenSha256: string): Promise<Source | undefined> {
    return this.#sources.sourceByToken(tokenSha256);
  }

  /** See {@link Sources.sourceByTokenFromTable}. */
  sourceByTokenFromTable(tokenSha256: string): Promise<Source | undefined> {
    return this.#sources.sourceByTokenFromTable(tokenSha256);
  }

  /** @param asOfLate true reads the rows again if they are older than a second. Use it before deliveries are parked. */
  endpoints(asOfLate = false): Promise<Endpoints> {
    return this.#endpoints.get(asOfLate ? EARLIEST_REFRESH_MS : CACHE_MS);
  }

  /** The rows have changed: the next caller reads them again. */
  expire(): void {
    this.#sources.expire();
    this.#endpoints.expire();
  }

  async #readEndpoints(): Promise<Endpoints> {
    const readAtMs = this.#clock.monotonicMs();
    const [rows, health] = await Promise.all([
      this.#rowReader.read(this.#table.rows('endpoint')),
      this.#table.rows('health'),
    ]);
    this.health.replace(new Map(health.flatMap((row) => withId(row, row))), readAtMs);
    return {
      readAtMs,
      valid: rows.valid,
      invalid: rows.invalid.flatMap((row) => withId(row, row.reason)).map(([id, reason]) => ({ id, reason })),
    };
  }
}

/** Drops rows whose id is not an endpoint id. */
function withId<Value>(row: { readonly id: string }, value: Value): [EndpointId, Value][] {
  const id = endpointIdSchema.safeParse(row.id);
  return id.success ? [[id.data, value]] : [];
}
