import { describe, expect, it, vi } from 'vitest';
import { BoundedCache } from '../../../lib/relay/model/bounded-cache.ts';

describe('a bounded cache', () => {
  it('makes a result once, an undefined one included', () => {
    const cache = new BoundedCache<string | undefined>(2);
    const make = vi.fn(() => undefined);

    cache.get('a', make);
    cache.get('a', make);

    expect(make).toHaveBeenCalledTimes(1);
  });

  it('drops the oldest result for a new one', () => {
    const cache = new BoundedCache<string>(2);
    const made: string[] = [];
    const get = (key: string) =>
      cache.get(key, () => {
        made.push(key);
        return key;
      });

    const keys = ['a', 'b', 'c', 'b', 'c', 'a'];

    expect(keys.map(get)).toEqual(keys);
    expect(made).toEqual(['a', 'b', 'c', 'a']);
  });
});
