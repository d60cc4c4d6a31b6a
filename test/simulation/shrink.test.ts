import { describe, expect, it } from 'vitest';
import { shrink } from './shrink.ts';
import type { Report, SimulationOptions } from './simulate.ts';

/** Runs of a seed that draws eight faults, and fails while none of `needed` is left out. */
function failingWith(needed: readonly number[]) {
  return async (seed: number, { spared = new Set() }: SimulationOptions = {}): Promise<Report> => {
    const left = Array.from({ length: 8 }, (_, index) => index + 1).filter((fault) => !spared.has(fault));
    return {
      seed,
      failures: needed.every((fault) => left.includes(fault)) ? ['a promise was broken'] : [],
      history: left.map((fault) => `fault ${fault}`),
      faults: new Map(),
      faultsDrawn: 8,
      sends: 0,
      webhooks: 0,
      deadLetters: 0,
      settledInMs: new Map(),
    };
  };
}

describe('shrink', () => {
  it('leaves out every fault that the failure does not need, and says how many', async () => {
    const { report, result } = await shrink(17, {}, failingWith([3, 6]));

    expect(report.history).toEqual(['fault 3', 'fault 6']);
    expect(result).toBe('seed 17 still fails without 6 of its faults');
  });

  it('says that a seed fails only with all of its faults', async () => {
    const { report, result } = await shrink(17, {}, failingWith([1, 2, 3, 4, 5, 6, 7, 8]));

    expect(report.history).toHaveLength(8);
    expect(result).toBe('seed 17 needs no shrinking: it fails only with all of its faults');
  });

  it('says that there is nothing to shrink when the seed does not fail', async () => {
    const { report, result } = await shrink(1);

    expect(report.failures).toEqual([]);
    expect(result).toBe('seed 1 keeps every promise: there is nothing to shrink');
  });
});
