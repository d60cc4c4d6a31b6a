import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EventLoopDelay } from '../../lib/node/event-loop-delay.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Time passes and no timer fires. */
function standsStill(durationMs: number): void {
  const nowMs = performance.now();
  vi.spyOn(performance, 'now').mockReturnValue(nowMs + durationMs);
}

describe('the delay of the event loop', () => {
  it('is zero while timers fire in time', async () => {
    const delay = new EventLoopDelay();

    await vi.advanceTimersByTimeAsync(10_000);

    expect(delay.totalMs).toBe(0);
  });

  it('counts the time without a turn at once, and only once', async () => {
    const delay = new EventLoopDelay();

    standsStill(3_050);
    expect(delay.totalMs).toBe(3_000);
    await vi.advanceTimersByTimeAsync(50);

    expect(delay.totalMs).toBe(3_000);
  });

  it('leaves no timer behind when it is stopped', () => {
    new EventLoopDelay().stop();

    expect(vi.getTimerCount()).toBe(0);
  });
});
