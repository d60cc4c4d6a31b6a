import { describe, expect, it } from 'vitest';
import { inBatches } from '../../../lib/relay/model/in-batches.ts';

/** Yields 1, 2, … and notes how far it was read. */
async function* upTo(last: number, read: number[] = []) {
  for (let number = 1; number <= last; number++) {
    read.push(number);
    yield number;
  }
}

describe('an iteration in batches', () => {
  it.each([
    [0, []],
    [3, [[1, 2, 3]]],
    [4, [[1, 2, 3], [4]]],
    [
      6,
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
    ],
  ])('of %i items by threes', async (last, batches) => {
    expect(await Array.fromAsync(inBatches(upTo(last), 3))).toEqual(batches);
  });

  it('is not read ahead', async () => {
    const read: number[] = [];

    for await (const batch of inBatches(upTo(10, read), 2)) if (batch.includes(4)) break;

    expect(read).toEqual([1, 2, 3, 4]);
  });
});
