/** Faults that last for minutes: throttled writes, an index that lags, a Config table that cannot be read. */
import type { OwedItem } from '../../lib/relay/ports/event-log.ts';
import type { MemoryEventLog } from '../memory/event-log.ts';
import type { FaultKind, Faults } from './faults.ts';
import type { Scheduler } from './scheduler.ts';

export type IndexName = 'owed' | 'byTime';

const SHORTEST_MS = 5_000;
/** How often an outage may begin. */
const LOOK_EVERY_MS = 30_000;

interface Throttling {
  /** The index whose writes are refused; absent when every write may be. */
  readonly index?: IndexName;
  /** The part of the writes that is refused. */
  readonly share: number;
}

export class Outages {
  readonly #scheduler: Scheduler;
  readonly #faults: Faults;
  readonly #eventLog: MemoryEventLog;
  readonly #throttlings = new Set<Throttling>();
  #indexAsItWas: readonly OwedItem[] | undefined;
  #unreadable = 0;

  constructor(scheduler: Scheduler, faults: Faults, eventLog: MemoryEventLog) {
    this.#scheduler = scheduler;
    this.#faults = faults;
    this.#eventLog = eventLog;
  }

  /** Begins outages every now and then, for as long as faults go on. */
  async run(longestMs: number): Promise<void> {
    const { random } = this.#scheduler;
    while (this.#faults.enabled) {
      this.#throttle('writes throttled for minutes', { share: 0.05 + 0.55 * random() }, longestMs);
      this.#throttle('owed index throttled for minutes', { index: 'owed', share: random() }, longestMs);
      this.#throttle('byTime index throttled for minutes', { index: 'byTime', share: random() }, longestMs);
      if (this.#indexAsItWas === undefined && this.#faults.strikes('owed index lagged for minutes')) {
        this.#indexAsItWas = this.#eventLog.allOwed();
        this.#later(longestMs, () => {
          this.#indexAsItWas = undefined;
        });
      }
      if (this.#faults.strikes('config unreadable for minutes')) {
        this.#unreadable += 1;
        this.#later(longestMs, () => {
          this.#unreadable -= 1;
        });
      }
      await this.#scheduler.sleep(LOOK_EVERY_MS);
    }
  }

  refusesWrite(indexes: readonly IndexName[]): boolean {
    if (!this.#faults.enabled) return false;
    return [...this.#throttlings].some(
      ({ index, share }) => (index === undefined || indexes.includes(index)) && this.#scheduler.chance(share),
    );
  }

  /** The stale content of the index `owed`; undefined while the index is up to date. */
  get staleOwed(): readonly OwedItem[] | undefined {
    return this.#faults.enabled ? this.#indexAsItWas : undefined;
  }

  get isConfigUnreadable(): boolean {
    return this.#faults.enabled && this.#unreadable > 0;
  }

  #throttle(kind: FaultKind, throttling: Throttling, longestMs: number): void {
    if (!this.#faults.strikes(kind)) return;
    this.#throttlings.add(throttling);
    this.#later(longestMs, () => this.#throttlings.delete(throttling));
  }

  #later(longestMs: number, end: () => void): void {
    this.#scheduler.after(SHORTEST_MS * (longestMs / SHORTEST_MS) ** this.#scheduler.random(), end);
  }
}
