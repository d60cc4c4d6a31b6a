/** Decides which faults strike in a run, and counts them. */
import type { Scheduler } from './scheduler.ts';

export const FAULT_KINDS = [
  // Calls
  'call failed',
  'call failed after it acted',
  'call took seconds',
  'call repeated although it had landed',
  'call landed after it was given up',
  'condition met but denied',
  'table refused',
  'writes throttled for minutes',
  'owed index throttled for minutes',
  'byTime index throttled for minutes',
  'owed index lagged for minutes',
  'stale index read',
  'config unreadable for minutes',
  'stale config read',
  // Processes
  'died before a call',
  'died after a call',
  'process paused',
  'process paused after it took a right',
  'work outlived its function',
  'cold start',
  'clocks far apart',
  'clocks a year ahead for minutes',
  // Queues
  'message lost',
  'message doubled',
  'visibility ran out early',
  'batch started late',
  'visibility not extended',
  'queues drop messages early',
  // Endpoints
  'endpoint failed',
  'endpoint away for days',
  'endpoint paused for days',
  'endpoint refused everything',
  'secret not read',
  'no token',
  'filter failed',
  'filter took seconds',
  'other expressions took the time',
  // Data
  'event poisoned',
  'event poisoned for ever',
  'fan-out fails for ever',
  'payload unreadable for ever',
  'rows expire soon',
  'source added just now',
  'endpoint added just now',
  'settings changed',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** Probabilities per opportunity. Each seed draws its own, so runs differ in the faults they have many of. */
export type FaultRates = Readonly<Record<FaultKind, number>>;

export interface FaultOptions {
  /** Faults that are left out, by their number in the history. */
  readonly spared?: ReadonlySet<number>;
  /** Kinds that never strike. */
  readonly without?: ReadonlySet<FaultKind>;
}

export class Faults {
  readonly counts = new Map<FaultKind, number>();
  readonly #scheduler: Scheduler;
  readonly #rates: FaultRates;
  /** In some runs a person changes things meanwhile. */
  readonly hasOperator: boolean;
  /** Faults stop at some time, so that everything can be settled. */
  enabled = true;
  /** When work that had outlived its function last went on. It may then write an event that was never accepted. */
  leftoverWorkAtMs = 0;
  /** How many environments have work that goes on later by itself. */
  leftoverWork = 0;

  readonly #spared: ReadonlySet<number>;
  readonly #without: ReadonlySet<FaultKind>;
  readonly #note: (text: string) => void;
  #drawn = 0;

  constructor(
    scheduler: Scheduler,
    rates: FaultRates,
    { spared = new Set(), without = new Set() }: FaultOptions,
    note: (text: string) => void,
  ) {
    this.#scheduler = scheduler;
    this.#rates = rates;
    this.#spared = spared;
    this.#without = without;
    this.#note = note;
    this.hasOperator = rates['call failed'] > 0 && scheduler.chance(0.4);
  }

  /** @param by draws from another sequence, so that the rest of the run stays as it was */
  strikes(kind: FaultKind, by: Pick<Scheduler, 'chance'> = this.#scheduler): boolean {
    if (!this.enabled || !by.chance(this.#rates[kind])) return false;
    if (this.#without.has(kind)) return false;
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
    return this.countOf(...FAULT_KINDS);
  }

  countOf(...kinds: readonly FaultKind[]): number {
    return kinds.reduce((sum, kind) => sum + (this.counts.get(kind) ?? 0), 0);
  }
}
