import { describe, expect, it } from 'vitest';
import { describeFigure, holds } from './liveness/figures.ts';
import { SCENARIOS } from './liveness/scenarios.ts';

/** Latencies differ by the seed, and so does the moment at which a slot of deliver is free. */
const SEEDS = [1, 2];

describe('the relay settles in time when', () => {
  describe.each(SCENARIOS.map((scenario) => [scenario.title, scenario] as const))('%s', (_, { measure }) => {
    it.each(SEEDS)('under seed %i', async (seed) => {
      const figures = await measure({ size: 'test', seed });

      expect(figures.filter((figure) => !holds(figure)).map(describeFigure)).toEqual([]);
    });
  });
});
