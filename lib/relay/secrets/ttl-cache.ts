/** A cache for values that need a network call. Concurrent callers for the same key share one fetch. */
import type { Clock } from '../model/clock.ts';

interface Fetched<Value> {
  readonly value: Value;
  readonly ttlMs: number;
}

/** Fetches a value within the given time, in whole milliseconds. */
export type Fetch<Value> = (timeoutMs: number) => Promise<Fetched<Value>>;

interface Entry<Value> {
  readonly result: Promise<Value>;
  readonly startedAtMs: number;
  /** The fetch ends by this time. */
  readonly deadlineMs: number;
  /** Undefined while the fetch runs. */
  expiresAtMs: number | undefined;
}

export class TtlCache<Value> {
  readonly #clock: Clock;
  readonly #failureTtlMs: number;
  readonly #entries = new Map<string, Entry<Value>>();

  /** @param failureTtlMs how long a failure is cached, so that a burst of callers does not repeat the call */
  constructor(clock: Clock, failureTtlMs: number) {
    this.#clock = clock;
    this.#failureTtlMs = failureTtlMs;
  }

  /**
   * Returns the cached value, or waits for a running fetch, or starts one. A caller whose deadline is before the running
   * fetch's deadline starts its own. Rejects as `fetch` does.
   *
   * @param deadlineMs on the monotonic clock
   */
  async get(key: string, deadlineMs: number, fetch: Fetch<Value>): Promise<Value> {
    const nowMs = this.#clock.monotonicMs();
    const entry = this.#entries.get(key);
    const isUsable =
      entry !== undefined &&
      (entry.expiresAtMs === undefined ? entry.deadlineMs <= deadlineMs : entry.expiresAtMs > nowMs);
    return isUsable ? entry.result : this.#fetch(key, nowMs, deadlineMs, fetch);
  }

  /** Removes a cached value, unless it is younger than `minAgeMs` or its fetch still runs. */
  invalidate(key: string, minAgeMs = 0): void {
    const entry = this.#entries.get(key);
    if (entry?.expiresAtMs === undefined || this.#clock.monotonicMs() - entry.startedAtMs < minAgeMs) return;
    this.#entries.delete(key);
  }

  #fetch(key: string, nowMs: number, deadlineMs: number, fetch: Fetch<Value>): Promise<Value> {
    this.#evictExpired(nowMs);
    const fetching = fetch(Math.max(1, Math.floor(deadlineMs - nowMs)));
    const entry: Entry<Value> = {
      result: fetching.then(({ value }) => value),
      startedAtMs: nowMs,
      deadlineMs,
      expiresAtMs: undefined,
    };
    this.#entries.set(key, entry);
    const expireIn = (ttlMs: number) => {
      entry.expiresAtMs = this.#clock.monotonicMs() + ttlMs;
    };
    fetching.then(
      ({ ttlMs }) => expireIn(ttlMs),
      () => expireIn(this.#failureTtlMs),
    );
    return entry.result;
  }

  /** Without this, a value that no row names any more would stay in memory for ever. */
  #evictExpired(nowMs: number): void {
    for (const [key, { expiresAtMs }] of this.#entries) {
      if (expiresAtMs !== undefined && expiresAtMs <= nowMs) this.#entries.delete(key);
    }
  }
}
