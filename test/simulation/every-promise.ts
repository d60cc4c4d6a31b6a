/** The seeds that `npm test` runs. Two test files share them: vitest runs files on several cores, but not tests. */
import { expect, it } from 'vitest';
import { shrink } from './shrink.ts';
import { simulate } from './simulate.ts';

/** More than any bug of the past needed to show. `run.ts` runs more. */
const SEEDS = 400;
/** Several short tests report a failure earlier than one long test. */
const PARTS = 8;

/** Registers one test for each of the parts, which are numbered from 1 to 8. */
export function keepsEveryPromise(parts: readonly number[]): void {
  it.each(parts)(
    'keeps every promise, part %i of 8 of the seeds',
    async (part) => {
      for (let seed = part; seed <= SEEDS; seed += PARTS) {
        const { failures } = await simulate(seed);
        if (failures.length === 0) continue;
        const { report } = await shrink(seed);
        expect(
          failures,
          `seed ${seed}, with as few faults as it needs:\n${report.history.join('\n')}`,
        ).toEqual([]);
      }
    },
    120_000,
  );
}
