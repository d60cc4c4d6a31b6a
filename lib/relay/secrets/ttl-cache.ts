/** Values that it takes a call to have: kept for a while, and had once by all who want the same at the same time. */
import type { Clock } from '../model/clock.ts';

export interface Fetched<Value> {
  readonly value: Value;
  /** For how long it is good. */
  readonly keptMs: number;
}

/** Has a value in no more time, of whole milliseconds, than it is given. */
export type Fetch<Value> = (timeoutMs: number) => Promise<Fetched<Value>>;

interface Entry<Value> {
  readonly result: Promise<Value>;
  readonly startedAtMs: number;
  /** While it is being had: the latest that this takes. Afterwards: until when it is good. */
  untilMs: number;
  isHad: boolean;
}

export class Kept<Value> {
  readonly #clock: Clock;
  readonly #failuresKeptMs: number;
  readonly #entries = new Map<string, Entry<Value>>();

  /** @param failuresKeptMs how long a failure is the answer to all who ask: a burst is no reason to ask for each of it */
  constructor(clock: Clock, failuresKeptMs: number) {
    this.#clock = clock;
    this.#failuresKeptMs = failuresKeptMs;
  }

  /**
   * The value that is kept under a key, or is being had, or else is fetched. Who has less time than one that is being
   * had may take asks for itself. Rejects as `fetch` does.
   *
   * @param deadlineMs by the monotonic clock
   */
  async get(key: string, deadlineMs: number, fetch: Fetch<Value>): Promise<Value> {
    const nowMs = this.#clock.monotonicMs();
    const entry = this.#entries.get(key);
    const isOfUse =
      entry !== undefined && (entry.isHad ? entry.untilMs > nowMs : entry.untilMs <= deadlineMs);
    return isOfUse ? entry.result : this.#fetch(key, nowMs, deadlineMs, fetch);
  }

  /** The next who asks has a fresh one, unless what is kept is younger than that already. */
  forget(key: string, youngestMs = 0): void {
    const entry = this.#entries.get(key);
    if (!entry?.isHad || this.#clock.monotonicMs() - entry.startedAtMs < youngestMs) return;
    this.#entries.delete(key);
  }

  #fetch(key: string, nowMs: number, deadlineMs: number, fetch: Fetch<Value>): Promise<Value> {
    this.#dropOld(nowMs);
    const fetching = fetch(Math.max(1, Math.floor(deadlineMs - nowMs)));
    const entry: Entry<Value> = {
      result: fetching.then(({ value }) => value),
      startedAtMs: nowMs,
      untilMs: deadlineMs,
      isHad: false,
    };
    this.#entries.set(key, entry);
    const end = (keptMs: number) => {
      entry.untilMs = this.#clock.monotonicMs() + keptMs;
      entry.isHad = true;
    };
    fetching.then(
      ({ keptMs }) => end(keptMs),
      () => end(this.#failuresKeptMs),
    );
    return entry.result;
  }

  /** What a changed row no longer names would stay for ever. */
  #dropOld(nowMs: number): void {
    for (const [key, entry] of this.#entries) {
      if (entry.isHad && entry.untilMs <= nowMs) this.#entries.delete(key);
    }
  }
}
