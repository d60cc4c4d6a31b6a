/** A few seeds of the simulation, which fit into every mutant's test run. `npm test` runs more. */
import { describe, expect, it } from 'vitest';
import { simulate } from '../simulation/simulate.ts';

const SEEDS = 20;

describe('the relay under faults', () => {
  it.each(Array.from({ length: SEEDS }, (_, index) => index + 1))(
    'keeps every promise under seed %i',
    async (seed) => {
      expect((await simulate(seed)).failures).toEqual([]);
    },
  );
});
