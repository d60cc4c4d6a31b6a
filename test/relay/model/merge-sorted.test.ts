import { describe, expect, it } from 'vitest';
import { mergeSorted } from '../../../lib/relay/model/merge-sorted.ts';

async function merged(...lists: string[][]): Promise<string[]> {
  const generators = lists.map(async function* (list) {
    yield* list;
  });
  return Array.fromAsync(mergeSorted(generators, (item, other) => item.slice(0, 1) < other.slice(0, 1)));
}

describe('sorted lists', () => {
  it('become one sorted list', async () => {
    expect(await merged(['a', 'd', 'e'], [], ['b', 'c', 'f'])).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  });

  it('keep the order of the lists where items are alike', async () => {
    expect(await merged(['a1', 'b1'], ['a2', 'b2'], ['a3'])).toEqual(['a1', 'a2', 'a3', 'b1', 'b2']);
  });

  it('are nothing when there are none, or all are empty', async () => {
    expect(await merged()).toEqual([]);
    expect(await merged([], [])).toEqual([]);
  });

  it('are read no further than the next item of each', async () => {
    const read: number[] = [];
    async function* endless() {
      for (let item = 0; ; item += 1) {
        read.push(item);
        yield item;
      }
    }

    const items = mergeSorted([endless()], (item, other) => item < other);
    await items.next();

    expect(read).toEqual([0]);
  });
});
