/** Reads the Config table through a cache. Each row is parsed by itself, so an invalid row does not affect the others. */

import { type Endpoint, endpointIdSchema, endpointSchema } from './endpoint/endpoint.ts';
import { findSource, type Source, sourceSchema } from './endpoint/source.ts';
import { HealthRecorder } from './health/health-recorder.ts';
import { HealthStore } from './health/health-store.ts';
import { NoticeLedger } from './health/notice-ledger.ts';
import { type Clock, within } from './model/clock.ts';
import type { EndpointId } from './model/ids.ts';
import type * as z from './model/zod.ts';
import type { ConfigKind, ConfigRow, ConfigTable } from './ports/config-table.ts';
import type { Telemetry } from './ports/telemetry.ts';

/** A running function sees a change of the Config table within this time. */
const CACHE_MS = 10_000;
/**
 * An unknown token, a paused endpoint and the like cause a new read before the function decides. Reads are at least this
 * far apart, also while the table fails: a flood of unknown tokens costs one small read a second.
 */
const EARLIEST_REFRESH_MS = 1_000;
/** With rows in the cache, a caller waits this long for newer ones at most. */
const REFRESH_LIMIT_MS = 2_000;
/** Older rows may lack an endpoint. Then the caller waits for the read, however long it takes. */
const OLD_MS = 60_000;

/** An invalid row. The reason names attributes and rules, never values: they may be secrets. */
export interface InvalidRow {
  readonly id: string;
  readonly reason: string;
}

export interface Rows<Row> {
  readonly valid: readonly Row[];
  readonly invalid: readonly InvalidRow[];
}

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
  readonly #telemetry: Telemetry;
  readonly #sources: Cached<Rows<Source>>;
  readonly #endpoints: Cached<Endpoints>;

  constructor(table: ConfigTable, clock: Clock, telemetry: Telemetry) {
    this.#table = table;
    this.#clock = clock;
    this.#telemetry = telemetry;
    this.health = new HealthStore(table, telemetry, clock);
    this.healthRecorder = new HealthRecorder(this.health, clock, telemetry);
    this.noticeLedger = new NoticeLedger(this.health);
    this.#sources = new Cached(clock, telemetry, () => this.#read('source', sourceSchema));
    this.#endpoints = new Cached(clock, telemetry, () => this.#readEndpoints());
  }

  /**
   * The source with this token. After a rotation the previous token is valid for a while, too. Rejects when the cached
   * sources have no such token and newer ones cannot be read: the source may be new.
   */
  async sourceByToken(tokenSha256: string): Promise<Source | undefined> {
    const among = ({ valid }: Rows<Source>) => findSource(valid, tokenSha256, this.#clock.now());
    return (
      among(await this.#sources.get(CACHE_MS)) ?? among(await this.#sources.getNotOlder(EARLIEST_REFRESH_MS))
    );
  }

  /**
   * Like {@link sourceByToken}, but with a consistent read past the cache. Use it before a decision that cannot be undone.
   * Rejects when the table cannot be read.
   */
  async sourceByTokenFromTable(tokenSha256: string): Promise<Source | undefined> {
    const reading = this.#table.rows('source', { consistent: true });
    const { valid } = await this.#read('source', sourceSchema, reading);
    return findSource(valid, tokenSha256, this.#clock.now());
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
      this.#read('endpoint', endpointSchema),
      this.#table.rows('health'),
    ]);
    this.health.replace(new Map(health.flatMap((row) => withId(row, row))), readAtMs);
    return {
      readAtMs,
      valid: rows.valid,
      invalid: rows.invalid.flatMap((row) => withId(row, row.reason)).map(([id, reason]) => ({ id, reason })),
    };
  }

  async #read<Row>(
    kind: ConfigKind,
    schema: z.ZodMiniType<Row>,
    reading = this.#table.rows(kind),
  ): Promise<Rows<Row>> {
    const rows = parseRows(await reading, schema);
    for (const row of rows.invalid) {
      this.#telemetry.warn('config row is invalid', { kind, id: row.id, reason: row.reason });
    }
    if (rows.invalid.length > 0) this.#telemetry.count('ConfigRowsInvalid', rows.invalid.length);
    return rows;
  }
}

/** Parses each row by itself. An invalid row is listed with every reason. */
export function parseRows<Row>(rows: readonly ConfigRow[], schema: z.ZodMiniType<Row>): Rows<Row> {
  const valid: Row[] = [];
  const invalid: InvalidRow[] = [];
  for (const row of rows) {
    const parsed = schema.safeParse({ ...row.attributes, id: row.id });
    if (parsed.success) valid.push(parsed.data);
    else invalid.push({ id: row.id, reason: describe(parsed.error) });
  }
  return { valid, invalid };
}

/** Drops rows whose id is not an endpoint id. */
function withId<Value>(row: { readonly id: string }, value: Value): [EndpointId, Value][] {
  const id = endpointIdSchema.safeParse(row.id);
  return id.success ? [[id.data, value]] : [];
}

function describe(error: z.core.$ZodError): string {
  return error.issues
    .map((issue) => [issue.path.join('.'), issue.message].filter(Boolean).join(': '))
    .join('; ');
}

/** Caches a value for a while. The old value stays in use for as long as a newer one cannot be read. */
class Cached<Value> {
  readonly #clock: Clock;
  readonly #telemetry: Telemetry;
  readonly #load: () => Promise<Value>;
  #kept: { readonly value: Value; readonly readAtMs: number; readonly read: number } | undefined;
  #triedAtMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<Value> | undefined;
  /** Why the last read failed. */
  #failure: unknown;
  /** The number of reads so far. */
  #reads = 0;
  /** The values of this read and of earlier ones are known to be old, however recent they are. */
  #expiredRead = 0;

  constructor(clock: Clock, telemetry: Telemetry, load: () => Promise<Value>) {
    this.#clock = clock;
    this.#telemetry = telemetry;
    this.#load = load;
  }

  expire(): void {
    this.#expiredRead = this.#reads;
    // A read that has begun may have seen the rows before the change.
    this.#reading = undefined;
  }

  /** Rejects only when no value was ever read. */
  async get(maxAgeMs: number): Promise<Value> {
    const kept = this.#kept;
    if (kept === undefined) return this.#read();
    const nowMs = this.#clock.monotonicMs();
    if (kept.read > this.#expiredRead) {
      if (nowMs - kept.readAtMs < maxAgeMs) return kept.value;
      if (this.#reading === undefined && nowMs - this.#triedAtMs < EARLIEST_REFRESH_MS) return kept.value;
    }
    try {
      if (nowMs - kept.readAtMs > OLD_MS) return await this.#read();
      return await within(this.#clock, REFRESH_LIMIT_MS, 'reading the config', this.#read());
    } catch (error) {
      // An old config is better than none: the functions go on with it.
      this.#telemetry.error('config could not be read; the cached config stays in use', error);
      return kept.value;
    }
  }

  /** Like {@link get}, but rejects instead of using an older value. After a failed read, the next one waits a second. */
  async getNotOlder(maxAgeMs: number): Promise<Value> {
    const nowMs = this.#clock.monotonicMs();
    const kept = this.#kept;
    if (kept === undefined || kept.read > this.#expiredRead) {
      if (kept !== undefined && nowMs - kept.readAtMs < maxAgeMs) return kept.value;
      if (this.#reading === undefined && nowMs - this.#triedAtMs < EARLIEST_REFRESH_MS) throw this.#failure;
    }
    return within(this.#clock, REFRESH_LIMIT_MS, 'reading the config', this.#read());
  }

  /** Concurrent callers share one read. */
  #read(): Promise<Value> {
    if (this.#reading !== undefined) return this.#reading;
    this.#reads += 1;
    this.#reading = this.#refresh(this.#reads);
    return this.#reading;
  }

  /** A read that began before another one has older rows, whichever ends first. */
  async #refresh(read: number): Promise<Value> {
    try {
      const readAtMs = this.#clock.monotonicMs();
      this.#triedAtMs = readAtMs;
      const value = await this.#load();
      if (read === this.#reads) this.#kept = { value, readAtMs, read };
      return value;
    } catch (error) {
      this.#failure = error;
      throw error;
    } finally {
      if (read === this.#reads) this.#reading = undefined;
    }
  }
}
