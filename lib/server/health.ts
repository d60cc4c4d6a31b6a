/** Says whether the relay can do its work, for a load balancer or a monitor. */

export type HealthReport =
  | { readonly status: 'ok' }
  | { readonly status: 'unavailable'; readonly reason: Unavailable };

/** `store`: the data folder cannot be written. `workers`: sweep, which repairs lost work, has stopped. */
type Unavailable = 'stopping' | 'store' | 'workers';

/** A full disk often has room for a small write, but for no webhook. */
const REFUSED_FOR_MS = 60_000;

/** Monitors may ask often. The store is tried at most this often. */
const CHECKED_FOR_MS = 1_000;

export interface HealthOptions {
  readonly nowMs: () => number;
  /** Rejects when the store does not accept a write. */
  readonly tryStore: () => Promise<void>;
  /** When the store last refused a webhook, by the same clock; undefined when it has taken one since. */
  readonly refusedAtMs: () => number | undefined;
  /** When sweep last ran to its end, by the same clock. */
  readonly sweptAtMs: () => number;
  /** Sweep has stopped when it has not ended for this long. */
  readonly sweepLimitMs: number;
}

export class HealthCheck {
  readonly #options: HealthOptions;
  #checked: { readonly atMs: number; readonly report: Promise<HealthReport> } | undefined;
  #isStopping = false;

  constructor(options: HealthOptions) {
    this.#options = options;
  }

  /** From now on, a load balancer sends no more requests. */
  stopping(): void {
    this.#isStopping = true;
  }

  async report(): Promise<HealthReport> {
    if (this.#isStopping) return { status: 'unavailable', reason: 'stopping' };
    const atMs = this.#options.nowMs();
    if (this.#checked === undefined || atMs - this.#checked.atMs >= CHECKED_FOR_MS)
      this.#checked = { atMs, report: this.#check(atMs) };
    return this.#checked.report;
  }

  async #check(nowMs: number): Promise<HealthReport> {
    const { tryStore, refusedAtMs, sweptAtMs, sweepLimitMs } = this.#options;
    const refused = refusedAtMs();
    if (refused !== undefined && nowMs - refused < REFUSED_FOR_MS)
      return { status: 'unavailable', reason: 'store' };
    try {
      await tryStore();
    } catch {
      // The log has the reason with each webhook that is refused. The page is public.
      return { status: 'unavailable', reason: 'store' };
    }
    if (nowMs - sweptAtMs() > sweepLimitMs) return { status: 'unavailable', reason: 'workers' };
    return { status: 'ok' };
  }
}
