import { describe, expect, it } from 'vitest';
import { simulate } from './simulate.ts';

const SEEDS = 2_000;
/** Runs that take turns, so that a failure is known early and no test takes long by itself. */
const PARTS = 8;

describe('the relay under faults', () => {
  it.each(Array.from({ length: PARTS }, (_, part) => part + 1))(
    'keeps every promise, part %i of 8 of the seeds',
    async (part) => {
      for (let seed = part; seed <= SEEDS; seed += PARTS) {
        const { failures, history } = await simulate(seed);
        expect(failures, `seed ${seed}:\n${history.join('\n')}`).toEqual([]);
      }
    },
    120_000,
  );

  it('replays a seed to the last step', async () => {
    const [first, second] = [await simulate(119), await simulate(119)];

    expect(first.history.length).toBeGreaterThan(20);
    expect(second).toEqual(first);
  });
});
