/** Caches what was read from the Config table. */
import { type Clock, within } from './model/clock.ts';
import type { Telemetry } from './ports/telemetry.ts';

/** A running function sees a change of the Config table within this time. */
export const CACHE_MS = 10_000;
/**
 * An unknown token, a paused endpoint and the like cause a new read before the function decides. Reads are at least this
 * far apart, also while the table fails: a flood of unknown tokens costs one small read a second.
 */
export const EARLIEST_REFRESH_MS = 1_000;
/** With rows in the cache, a caller waits this long for newer ones at most. */
const REFRESH_LIMIT_MS = 2_000;
/** Older rows may lack an endpoint. Then the caller waits for the read, however long it takes. */
const OLD_MS = 60_000;

/** Caches a value for a while. The old value stays in use for as long as a newer one cannot be read. */
export class ConfigCache<Value> {
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
