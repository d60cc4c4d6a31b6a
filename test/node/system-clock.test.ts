import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../lib/node/system-clock.ts';
import { within } from '../../lib/relay/model/clock.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a limit by the system clock', () => {
  it('leaves no timer behind when the work ends in time', async () => {
    expect(await within(systemClock, 5_000, 'work', Promise.resolve('done'))).toBe('done');

    expect(vi.getTimerCount()).toBe(0);
  });

  it('leaves no timer behind when the work fails in time', async () => {
    await expect(within(systemClock, 5_000, 'work', Promise.reject(new Error('no')))).rejects.toThrow('no');

    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends the wait for work that takes longer', async () => {
    const waiting = within(systemClock, 5_000, 'work', new Promise(() => {}));
    const refused = expect(waiting).rejects.toThrow('work took longer than 5000 ms');
    await vi.advanceTimersByTimeAsync(5_000);

    await refused;
  });
});
