/** Endpoints that are away or paused for days, and how long everything may then take to settle. */
import { ENDPOINT_IDS } from './endpoints.ts';
import { DAY_MS } from './expiry.ts';
import type { Faults } from './faults.ts';
import type { Operator } from './operator.ts';
import type { Receivers } from './receivers.ts';
import type { Scheduler } from './scheduler.ts';

const MINUTE_MS = 60_000;
/** Four days: an endpoint that fails for five is disabled. */
const LONGEST_DAYS = 4;
/** Once faults have stopped, the next retry succeeds, and none is further away than a day and a tenth. */
const SETTLED_WITHIN_DAYS = 2;
/** Fan-out retries an event for three days before it leaves it to a person. */
const GIVEN_UP_WITHIN_DAYS = 4;

interface AbsenceWorld {
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly operator: Operator;
  readonly receivers: Receivers;
  readonly note: (text: string) => void;
}

export interface Retention {
  readonly retentionDays: number;
  readonly isRetentionShort: boolean;
}

/** Where rows are kept for a short time only, one endpoint is always away, and most often for longer than that. */
export function sendAway(
  { scheduler, faults, operator, receivers, note }: AbsenceWorld,
  retention: Retention,
): void {
  const id = scheduler.pick(ENDPOINT_IDS);
  const durationMs = scheduler.between(0.5, 1) * longestDays(retention) * DAY_MS;
  const isPaused = faults.strikes('endpoint paused for days');
  if (!isPaused && !faults.strikes('endpoint away for days') && !retention.isRetentionShort) return;
  scheduler.after(scheduler.between(0, MINUTE_MS), () => {
    note(`${id} is ${isPaused ? 'paused' : 'away'} for ${(durationMs / DAY_MS).toFixed(1)} days`);
    if (isPaused) void operator.pauseForLong(id, durationMs);
    else receivers.vanish(id, durationMs);
  });
}

export function isAwayForLong(faults: Faults): boolean {
  return faults.countOf('endpoint away for days', 'endpoint paused for days') > 0;
}

/** Whatever is owed after this will be owed for ever. */
export function settledWithinDays(faults: Faults, retention: Retention): number {
  const isPoisoned =
    faults.countOf('event poisoned for ever', 'payload unreadable for ever', 'fan-out fails for ever') > 0;
  const isAway = isAwayForLong(faults) || retention.isRetentionShort;
  return (
    SETTLED_WITHIN_DAYS +
    (isPoisoned || isAway ? GIVEN_UP_WITHIN_DAYS : 0) +
    (isAway ? longestDays(retention) : 0)
  );
}

function longestDays({ retentionDays, isRetentionShort }: Retention): number {
  return isRetentionShort ? 2 * retentionDays : LONGEST_DAYS;
}
