/** The seeds that `npm test` runs, in parts that several test files share: files run on several cores, tests do not. */
import { expect, it } from 'vitest';
import { shrink } from './shrink.ts';
import { simulate } from './simulate.ts';

/** As many as take a minute or two; `run.ts` runs as many as one likes. */
const SEEDS = 1_000;
/** Runs that take turns, so that a failure is known early and no test takes long by itself. */
const PARTS = 8;

/** Registers one test for each of the parts, which are numbered from 1 to 8. */
export function keepsEveryPromise(parts: readonly number[]): void {
  it.each(parts)(
    'keeps every promise, part %i of 8 of the seeds',
    async (part) => {
      for (let seed = part; seed <= SEEDS; seed += PARTS) {
        const { failures } = await simulate(seed);
        if (failures.length === 0) continue;
        const { history } = await shrink(seed);
        expect(failures, `seed ${seed}, with as few faults as it needs:\n${history.join('\n')}`).toEqual([]);
      }
    },
    120_000,
  );
}
