/** In some runs the clocks of all functions jump a year ahead, and back before faults stop. */
import type { Faults } from './faults.ts';
import { Scheduler } from './scheduler.ts';

const YEAR_MS = 365 * 24 * 60 * 60_000;

export interface ClockJump {
  readonly strikes: boolean;
  /** How far ahead the clocks are now. */
  readonly aheadMs: () => number;
  /** Draws when the clocks jump. */
  readonly plan: (faultsLastMs: number) => void;
}

/** True for a time that a function wrote while its clock was ahead. */
export function isNextYear(at: Date, { nowMs }: Pick<Scheduler, 'nowMs'>): boolean {
  return at.getTime() - nowMs > YEAR_MS / 2;
}

/** Draws from a sequence of its own: the runs without the fault are as they were before there was such a fault. */
export function drawClockJump(
  seed: number,
  scheduler: Scheduler,
  faults: Faults,
  note: (text: string) => void,
): ClockJump {
  const own = new Scheduler(-seed);
  const strikes = faults.strikes('clocks a year ahead for minutes', own);
  let aheadMs = 0;
  return {
    strikes,
    aheadMs: () => aheadMs,
    plan: (faultsLastMs) => {
      if (!strikes) return;
      const fromMs = own.between(0, 0.7) * faultsLastMs;
      const untilMs = own.between(fromMs, 0.95 * faultsLastMs);
      scheduler.after(fromMs, () => {
        note('clocks jump a year ahead');
        aheadMs = YEAR_MS;
      });
      scheduler.after(untilMs, () => {
        note('clocks jump back');
        aheadMs = 0;
      });
    },
  };
}
