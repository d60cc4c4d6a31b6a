/** What goes wrong in a run, how often, and a count of what did. */
import type { Scheduler } from './scheduler.ts';

export const FAULT_KINDS = [
  'call failed',
  'call failed after it acted',
  'table refused',
  'died before a call',
  'died after a call',
  'call took seconds',
  'message lost',
  'message doubled',
  'stale index read',
  'visibility ran out early',
  'endpoint failed',
  'condition met but denied',
  'event poisoned',
  'secret not read',
  'no token',
  'filter failed',
  'filter took seconds',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** Probabilities per opportunity; drawn anew for each seed, so that runs differ in what they are hard on. */
export type FaultRates = Readonly<Record<FaultKind, number>>;

export class Faults {
  readonly counts = new Map<FaultKind, number>();
  readonly #scheduler: Scheduler;
  readonly #rates: FaultRates;
  /** In some runs a person changes things meanwhile. */
  readonly hasOperator: boolean;
  /** Faults stop at some time, so that everything can be settled. */
  enabled = true;

  readonly #spared: ReadonlySet<number>;
  readonly #note: (text: string) => void;
  #drawn = 0;

  /** @param spared faults that are left out, by their number in the history */
  constructor(
    scheduler: Scheduler,
    rates: FaultRates,
    spared: ReadonlySet<number>,
    note: (text: string) => void,
  ) {
    this.#scheduler = scheduler;
    this.#rates = rates;
    this.#spared = spared;
    this.#note = note;
    this.hasOperator = rates['call failed'] > 0 && scheduler.chance(0.4);
  }

  strikes(kind: FaultKind): boolean {
    if (!this.enabled || !this.#scheduler.chance(this.#rates[kind])) return false;
    this.#drawn += 1;
    if (this.#spared.has(this.#drawn)) return false;
    this.#note(`fault ${this.#drawn}: ${kind}`);
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    return true;
  }

  /** How many there were, those that were left out among them. */
  get drawn(): number {
    return this.#drawn;
  }

  get total(): number {
    return [...this.counts.values()].reduce((sum, count) => sum + count, 0);
  }
}

/** One seed in ten runs without any fault: there, nothing may be sent twice. */
export function drawRates(scheduler: Scheduler): FaultRates {
  const calm = scheduler.chance(0.1);
  const rate = (most: number) => (calm ? 0 : scheduler.random() * most);
  return {
    'call failed': rate(0.06),
    'call failed after it acted': rate(0.06),
    'table refused': scheduler.chance(0.3) ? rate(0.5) : 0,
    'died before a call': rate(0.03),
    'died after a call': rate(0.03),
    'call took seconds': rate(0.05),
    'message lost': rate(0.4),
    'message doubled': rate(0.2),
    'stale index read': rate(0.5),
    'visibility ran out early': rate(0.3),
    'endpoint failed': calm ? 0 : scheduler.random() * 0.7,
    'condition met but denied': rate(0.05),
    'event poisoned': scheduler.chance(0.2) ? rate(0.3) : 0,
    'secret not read': rate(0.3),
    'no token': rate(0.3),
    'filter failed': scheduler.chance(0.3) ? rate(0.3) : 0,
    'filter took seconds': rate(0.1),
  };
}
