/** The seeds that `npm test` runs. Two test files share them: vitest runs files on several cores, but not tests. */
import { expect, it } from 'vitest';
import { shrink } from './shrink.ts';
import { simulate } from './simulate.ts';

const FIRST_SEEDS = 150;
/** In these, faults strike that are rare among the first, such as clocks that are far apart. */
const SEEDS_WITH_RARE_FAULTS = [201, 245, 246, 256, 262, 336, 339, 355, 356, 387, 400];
/** These notice bugs of `npm run test:mutants` that none of the others notices. */
const SEEDS_THAT_NOTICE_MORE = [186, 198];
/** Each kind of fault strikes in at least three of them, and half of the kinds in dozens. `run.ts` runs more. */
const SEEDS = [
  ...Array.from({ length: FIRST_SEEDS }, (_, index) => index + 1),
  ...SEEDS_THAT_NOTICE_MORE,
  ...SEEDS_WITH_RARE_FAULTS,
];
/** Several short tests report a failure earlier than one long test. */
const PARTS = 8;

/** Registers one test for each of the parts, which are numbered from 1 to 8. */
export function keepsEveryPromise(parts: readonly number[]): void {
  it.each(parts)(
    'keeps every promise, part %i of 8 of the seeds',
    async (part) => {
      for (const seed of SEEDS.filter((_, index) => index % PARTS === part - 1)) {
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
