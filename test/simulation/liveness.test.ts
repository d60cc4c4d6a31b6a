/** Measures every scenario under one seed, at the size of the tests. `liveness/report.ts` takes other seeds and sizes. */
import { describe, expect, it } from 'vitest';
import { describeFigure, holds } from './liveness/figures.ts';
import { SCENARIOS } from './liveness/scenarios.ts';

describe('the relay settles in time when', () => {
  it.each(SCENARIOS.map((scenario) => [scenario.title, scenario] as const))('%s', async (_, { measure }) => {
    const figures = await measure({ size: 'test', seed: 1 });

    expect(figures.filter((figure) => !holds(figure)).map(describeFigure)).toEqual([]);
  });
});
