/** Measures every scenario under one seed. Each seed has a test file: vitest runs files on several cores, but not tests. */
import { describe, expect, it } from 'vitest';
import { describeFigure, holds } from './figures.ts';
import { SCENARIOS } from './scenarios.ts';

/** Many times what the longest takes on a machine that is not busy. */
const LIMIT_MS = 120_000;

/** Latencies differ by the seed, and so does the moment at which a slot of deliver is free. */
export function settlesInTime(seed: number): void {
  describe(`the relay settles in time under seed ${seed} when`, () => {
    it.each(SCENARIOS.map((scenario) => [scenario.title, scenario] as const))(
      '%s',
      async (_, { measure }) => {
        const figures = await measure({ size: 'test', seed });

        expect(figures.filter((figure) => !holds(figure)).map(describeFigure)).toEqual([]);
      },
      LIMIT_MS,
    );
  });
}
