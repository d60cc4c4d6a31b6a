import { describe, expect, it } from 'vitest';
import { keepsEveryPromise } from './every-promise.ts';
import { simulate } from './simulate.ts';

describe('the relay under faults', () => {
  keepsEveryPromise([1, 2, 3, 4]);

  // In these, a fault that the relay once had comes to light.
  it.each([
    [37, 'a write that had been given up, or was repeated, landed on an event that was fanned out already'],
    [395, 'a function that stood still sent after its lease was over'],
    [294, 'an event that the queue alone had was dropped, because a stale list did not have its source yet'],
    [44, 'deliveries of an event whose processing fails for ever were owed for ever'],
    [48, 'an event was given up because the one before it cannot be read'],
    [11, 'a delivery whose row has expired was woken again and again'],
  ])('keeps every promise under seed %i, in which %s', async (seed) => {
    expect((await simulate(seed)).failures).toEqual([]);
  });

  it('replays a seed to the last step', async () => {
    const [first, second] = [await simulate(119), await simulate(119)];

    expect(first.history.length).toBeGreaterThan(20);
    expect(second).toEqual(first);
  });
});
