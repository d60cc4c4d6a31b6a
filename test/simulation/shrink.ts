/** Finds few faults under which a seed still fails: what is left in its history is what matters. */
import { type Report, type SimulationOptions, simulate } from './simulate.ts';

/** How often all faults that are left are gone through. */
const ROUNDS = 3;

export interface Shrunk {
  /** The smallest failing run that was found; the seed's own run when nothing could be left out. */
  readonly report: Report;
  /** Says what was left out, or why nothing was. */
  readonly result: string;
}

/**
 * Leaves out faults, many at a time and then one by one, for as long as the run still fails in any way.
 *
 * @param run runs a seed
 */
export async function shrink(
  seed: number,
  options: SimulationOptions = {},
  run: typeof simulate = simulate,
): Promise<Shrunk> {
  let best = await run(seed, options);
  const spared = new Set<number>();
  if (best.failures.length === 0)
    return { report: best, result: `seed ${seed} keeps every promise: there is nothing to shrink` };
  for (let round = 0; round < ROUNDS; round++) {
    for (let size = best.faultsDrawn; size >= 1; size = Math.floor(size / 2)) {
      for (let from = 1; from <= best.faultsDrawn; from += size) {
        const more = Array.from({ length: size }, (_, index) => from + index).filter(
          (one) => !spared.has(one),
        );
        if (more.length === 0) continue;
        const report = await run(seed, { ...options, spared: new Set([...spared, ...more]) });
        if (report.failures.length === 0) continue;
        best = report;
        for (const one of more) spared.add(one);
      }
    }
  }
  const result =
    spared.size === 0
      ? `seed ${seed} needs no shrinking: it fails only with all of its faults`
      : `seed ${seed} still fails without ${spared.size} of its faults`;
  return { report: best, result };
}
