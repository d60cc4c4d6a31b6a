/** Draws how often each fault strikes in a run. */
import type { FaultKind, FaultRates } from './faults.ts';
import { FAULT_KINDS } from './faults.ts';
import type { Scheduler } from './scheduler.ts';

/**
 * `calm`: no fault at all; nothing may be sent twice. `bad endpoints`: endpoints alone fail; a healthy endpoint must not
 * notice it. `rough`: everything.
 */
export type Weather = 'calm' | 'bad endpoints' | 'rough';

/** The faults of `bad endpoints`. */
const OF_ENDPOINTS: readonly FaultKind[] = ['endpoint failed', 'endpoint refused everything'];

export function drawWeather(scheduler: Scheduler): Weather {
  const drawn = scheduler.random();
  return drawn < 0.1 ? 'calm' : drawn < 0.2 ? 'bad endpoints' : 'rough';
}

export function drawRates(scheduler: Scheduler, weather: Weather): FaultRates {
  const drawn = drawRough(scheduler);
  const isKept = (kind: FaultKind) =>
    weather === 'rough' || (weather === 'bad endpoints' && OF_ENDPOINTS.includes(kind));
  return Object.fromEntries(
    FAULT_KINDS.map((kind) => [kind, isKept(kind) ? drawn[kind] : 0]),
  ) as unknown as FaultRates;
}

function drawRough(scheduler: Scheduler): FaultRates {
  const rate = (most: number) => scheduler.random() * most;
  /** In some runs only: a fault that is always there hides what others do. */
  const sometimes = (share: number, most: number) => (scheduler.chance(share) ? rate(most) : 0);
  /** A source that was just added, while the Config table is hard to read: the queue alone has the first events. */
  const isNewSource = scheduler.chance(0.06);
  return {
    'call failed': rate(0.06),
    'call failed after it acted': rate(0.06),
    'call took seconds': rate(0.05),
    'call repeated although it had landed': sometimes(0.4, 0.05),
    'call landed after it was given up': sometimes(0.4, 0.03),
    'condition met but denied': rate(0.05),
    'table refused': sometimes(0.3, 0.5),
    'writes throttled for minutes': sometimes(0.15, 0.5),
    'owed index throttled for minutes': sometimes(0.15, 0.5),
    'byTime index throttled for minutes': sometimes(0.1, 0.5),
    'owed index lagged for minutes': sometimes(0.2, 0.5),
    'stale index read': rate(0.5),
    'config unreadable for minutes': isNewSource ? 0.7 : sometimes(0.15, 0.5),
    'stale config read': isNewSource ? 0.5 : sometimes(0.3, 0.5),
    'died before a call': rate(0.03),
    'died after a call': rate(0.03),
    'process paused': sometimes(0.3, 0.02),
    'process paused after it took a right': sometimes(0.3, 0.2),
    'work outlived its function': sometimes(0.7, 1),
    'cold start': rate(0.3),
    'clocks far apart': 0.03,
    'clocks a year ahead for minutes': 0.03,
    'message lost': rate(0.4),
    'message doubled': rate(0.2),
    'visibility ran out early': rate(0.3),
    'batch started late': sometimes(0.3, 0.2),
    'visibility not extended': 0.1,
    'queues drop messages early': 0.05,
    'endpoint failed': rate(0.7),
    'endpoint away for days': 0.01,
    'endpoint paused for days': 0.01,
    'endpoint refused everything': 0.2,
    'secret not read': rate(0.3),
    'no token': rate(0.3),
    'filter failed': sometimes(0.3, 0.3),
    'filter took seconds': rate(0.1),
    'other expressions took the time': rate(0.1),
    'event poisoned': sometimes(0.2, 0.3),
    'event poisoned for ever': sometimes(0.08, 0.3),
    'fan-out fails for ever': sometimes(0.06, 0.3),
    'payload unreadable for ever': sometimes(0.08, 0.3),
    'rows expire soon': 0.03,
    'source added just now': isNewSource ? 1 : 0.1,
    'endpoint added just now': 0.1,
    'settings changed': sometimes(0.5, 0.6),
  };
}
