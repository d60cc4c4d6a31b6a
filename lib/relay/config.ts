/** The Config table as the functions use it: parsed row by row, so that a bad one never stops the others. */
import type * as z from 'zod';
import { type Endpoint, endpointIdSchema, endpointSchema } from './endpoint/endpoint.ts';
import { findSource, type Source, sourceSchema } from './endpoint/source.ts';
import { HealthRecorder } from './health/health-recorder.ts';
import { parseHealthRow } from './health/health-row.ts';
import { HealthStore } from './health/health-store.ts';
import { NoticeLedger } from './health/notice-ledger.ts';
import { type Clock, within } from './model/clock.ts';
import type { EndpointId } from './model/ids.ts';
import type { ConfigKind, ConfigRow, ConfigTable } from './ports/config-table.ts';
import type { Telemetry } from './ports/telemetry.ts';

/** How long a change of the Config table may take to be seen by a running function. */
const CACHE_MS = 10_000;
/**
 * What stands against going on, such as an unknown token, makes rows be read again, but no more often than this, and
 * that whether the table answers or not: so a flood of unknown tokens costs a function one small read a second.
 */
const EARLIEST_REFRESH_MS = 1_000;
/** While there are rows that were read before, nobody waits longer for newer ones. */
const REFRESH_LIMIT_MS = 2_000;
/** Rows that are older than this may miss an endpoint: then the read is waited for, however long the client takes. */
const OLD_MS = 60_000;

/** A row that does not parse, and what is wrong with it by attribute. Names attributes and rules, never values. */
export interface InvalidRow {
  readonly id: string;
  readonly reason: string;
}

export interface Rows<Row> {
  readonly valid: readonly Row[];
  readonly invalid: readonly InvalidRow[];
}

/** What fan-out, deliver and sweep know of the endpoints. */
export interface Endpoints {
  readonly valid: readonly Endpoint[];
  /** Endpoints whose row is wrong: what they would get is parked until it is mended. */
  readonly invalid: readonly (InvalidRow & { readonly id: EndpointId })[];
  /** When they were read, by the monotonic clock. */
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
    this.health = new HealthStore(table, telemetry);
    this.healthRecorder = new HealthRecorder(this.health, clock, telemetry);
    this.noticeLedger = new NoticeLedger(this.health);
    this.#sources = new Cached(clock, telemetry, () => this.#read('source', sourceSchema));
    this.#endpoints = new Cached(clock, telemetry, () => this.#readEndpoints());
  }

  /** The enabled source that a token belongs to: its current one, or the one before for as long as that is kept. */
  async sourceByToken(tokenSha256: string): Promise<Source | undefined> {
    const among = ({ valid }: Rows<Source>) => findSource(valid, tokenSha256, this.#clock.now());
    return among(await this.#sources.get(CACHE_MS)) ?? among(await this.#sources.get(EARLIEST_REFRESH_MS));
  }

  /**
   * The same, from a read of the table as it is at this moment, past the cache. For a decision that cannot be undone.
   * Rejects when the table cannot be read.
   */
  async sourceByTokenFromTable(tokenSha256: string): Promise<Source | undefined> {
    const reading = this.#table.rows('source', { consistent: true });
    const { valid } = await this.#read('source', sourceSchema, reading);
    return findSource(valid, tokenSha256, this.#clock.now());
  }

  /** @param asOfLate to be asked for before something is put off because of what the rows said */
  endpoints(asOfLate = false): Promise<Endpoints> {
    return this.#endpoints.get(asOfLate ? EARLIEST_REFRESH_MS : CACHE_MS);
  }

  async #readEndpoints(): Promise<Endpoints> {
    const readAtMs = this.#clock.monotonicMs();
    const [rows, health] = await Promise.all([
      this.#read('endpoint', endpointSchema),
      this.#table.rows('health'),
    ]);
    this.health.replace(new Map(health.flatMap((row) => withId(row, parseHealthRow(row)))));
    return {
      readAtMs,
      valid: rows.valid,
      invalid: rows.invalid.flatMap((row) => withId(row, row.reason)).map(([id, reason]) => ({ id, reason })),
    };
  }

  async #read<Row>(
    kind: ConfigKind,
    schema: z.ZodType<Row>,
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

/** Parses each row by itself; one that does not fit is named with every reason. */
export function parseRows<Row>(rows: readonly ConfigRow[], schema: z.ZodType<Row>): Rows<Row> {
  const valid: Row[] = [];
  const invalid: InvalidRow[] = [];
  for (const row of rows) {
    const parsed = schema.safeParse({ ...row.attributes, id: row.id });
    if (parsed.success) valid.push(parsed.data);
    else invalid.push({ id: row.id, reason: describe(parsed.error) });
  }
  return { valid, invalid };
}

/** A row whose id is none of an endpoint's is of no use to anyone. */
function withId<Value>(row: { readonly id: string }, value: Value): [EndpointId, Value][] {
  const id = endpointIdSchema.safeParse(row.id);
  return id.success ? [[id.data, value]] : [];
}

function describe(error: z.ZodError): string {
  return error.issues
    .map((issue) => [issue.path.join('.'), issue.message].filter(Boolean).join(': '))
    .join('; ');
}

/** Keeps a value for a while, and the old one for as long as no newer one can be read. */
class Cached<Value> {
  readonly #clock: Clock;
  readonly #telemetry: Telemetry;
  readonly #load: () => Promise<Value>;
  #kept: { readonly value: Value; readonly readAtMs: number } | undefined;
  #triedAtMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<Value> | undefined;

  constructor(clock: Clock, telemetry: Telemetry, load: () => Promise<Value>) {
    this.#clock = clock;
    this.#telemetry = telemetry;
    this.#load = load;
  }

  /** Rejects only when the value could never be read. */
  async get(maxAgeMs: number): Promise<Value> {
    const kept = this.#kept;
    if (kept === undefined) return this.#read();
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - kept.readAtMs < maxAgeMs) return kept.value;
    if (this.#reading === undefined && nowMs - this.#triedAtMs < EARLIEST_REFRESH_MS) return kept.value;
    try {
      if (nowMs - kept.readAtMs > OLD_MS) return await this.#read();
      return await within(this.#clock, REFRESH_LIMIT_MS, 'reading the config', this.#read());
    } catch (error) {
      // A relay that runs on yesterday's config beats one that does not run.
      this.#telemetry.error('config could not be read; the last one read stays in force', error);
      return kept.value;
    }
  }

  /** Once for all who ask while it lasts. */
  #read(): Promise<Value> {
    this.#reading ??= this.#refresh();
    return this.#reading;
  }

  async #refresh(): Promise<Value> {
    try {
      const readAtMs = this.#clock.monotonicMs();
      this.#triedAtMs = readAtMs;
      const value = await this.#load();
      this.#kept = { value, readAtMs };
      return value;
    } finally {
      this.#reading = undefined;
    }
  }
}
