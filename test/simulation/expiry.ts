/** DynamoDB deletes expired rows one by one, in any order, up to two days late. */
import type { MemoryEventLog } from '../memory/event-log.ts';
import type { Scheduler } from './scheduler.ts';

export const DAY_MS = 24 * 60 * 60_000;
const DELETED_LATE_BY_MS = 2 * DAY_MS;
export const LONG_RETENTION_DAYS = 30;

export class Expiry {
  readonly #scheduler: Scheduler;
  readonly #eventLog: MemoryEventLog;
  readonly #lateByMs = new Map<string, number>();

  constructor(scheduler: Scheduler, eventLog: MemoryEventLog) {
    this.#scheduler = scheduler;
    this.#eventLog = eventLog;
  }

  run(): void {
    this.#eventLog.deleteExpired((row, expiresAt) => {
      const lateByMs = this.#lateByMs.get(row) ?? this.#scheduler.between(0, DELETED_LATE_BY_MS);
      this.#lateByMs.set(row, lateByMs);
      return expiresAt.getTime() + lateByMs <= this.#scheduler.nowMs;
    });
  }
}

/** Between six hours and four days. */
export function drawShortRetentionDays(scheduler: Scheduler): number {
  return scheduler.between(0.25, 4);
}
