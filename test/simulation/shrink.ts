/** Finds few faults under which a seed still fails: what is left in its history is what matters. */
import { type Report, type SimulationOptions, simulate } from './simulate.ts';

/** How often all faults that are left are gone through. */
const ROUNDS = 3;

/**
 * Leaves out faults, many at a time and then one by one, for as long as the run still fails in any way.
 *
 * @returns the smallest failing run that was found; the seed's own run when it does not fail
 */
export async function shrink(seed: number, options: SimulationOptions = {}): Promise<Report> {
  let best = await simulate(seed, options);
  const spared = new Set<number>();
  for (let round = 0; round < ROUNDS; round++) {
    for (let size = best.faultsDrawn; size >= 1; size = Math.floor(size / 2)) {
      for (let from = 1; from <= best.faultsDrawn; from += size) {
        const more = Array.from({ length: size }, (_, index) => from + index).filter(
          (one) => !spared.has(one),
        );
        if (more.length === 0) continue;
        const report = await simulate(seed, { ...options, spared: new Set([...spared, ...more]) });
        if (report.failures.length === 0) continue;
        best = report;
        for (const one of more) spared.add(one);
      }
    }
  }
  return best;
}
