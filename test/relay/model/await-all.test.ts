import { describe, expect, it } from 'vitest';
import { awaitAll } from '../../../lib/relay/model/await-all.ts';
import { everythingIsWaiting } from '../a-relay.ts';

describe('awaitAll', () => {
  it('gives the values in the order of the promises', async () => {
    expect(await awaitAll([Promise.resolve(1), 'two', Promise.resolve(true)])).toEqual([1, 'two', true]);
  });

  it('does not reject before the slowest promise has ended', async () => {
    const slow = Promise.withResolvers<string>();
    let isOver = false;
    const all = awaitAll([Promise.reject(new Error('failed at once')), slow.promise]);
    const over = all.catch(() => {
      isOver = true;
    });

    await everythingIsWaiting();
    expect(isOver).toBe(false);

    slow.resolve('done');
    await over;
    await expect(all).rejects.toThrow('failed at once');
  });

  it('rejects with the error of the first promise in the list, whichever failed first', async () => {
    const first = Promise.withResolvers<never>();
    const all = awaitAll([first.promise, Promise.reject(new Error('second'))]);
    all.catch(() => {});

    await everythingIsWaiting();
    first.reject(new Error('first'));

    await expect(all).rejects.toThrow('first');
  });
});
