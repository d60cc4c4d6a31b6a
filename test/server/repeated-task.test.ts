import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RepeatedTask } from '../../lib/server/repeated-task.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A task whose runs end when the test says so. */
function aTask({ pauseMs }: { pauseMs?: number } = {}) {
  const runs: PromiseWithResolvers<void>[] = [];
  const errors: unknown[] = [];
  const task = new RepeatedTask({
    work() {
      const run = Promise.withResolvers<void>();
      runs.push(run);
      return run.promise;
    },
    onError: (error) => errors.push(error),
    ...(pauseMs !== undefined && { pauseMs }),
  });
  return { task, runs, errors };
}

const settle = () => vi.advanceTimersByTimeAsync(0);

describe('a repeated task', () => {
  it('pauses between the end of a run and the next', async () => {
    const { task, runs } = aTask({ pauseMs: 1_000 });
    task.runSoon();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(runs).toHaveLength(1);

    runs[0]?.resolve();
    await vi.advanceTimersByTimeAsync(999);
    expect(runs).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);

    expect(runs).toHaveLength(2);
  });

  it('runs once more, directly, when it is wanted during a run', async () => {
    const { task, runs } = aTask();
    task.runSoon();
    task.runSoon();
    task.runSoon();
    expect(runs).toHaveLength(1);

    runs[0]?.resolve();
    await settle();
    runs[1]?.resolve();
    await vi.advanceTimersByTimeAsync(60_000);

    expect(runs).toHaveLength(2);
  });

  it('goes on after a run that failed', async () => {
    const { task, runs, errors } = aTask({ pauseMs: 1_000 });
    task.runSoon();

    runs[0]?.reject(new Error('locked'));
    await vi.advanceTimersByTimeAsync(1_000);

    expect(errors).toEqual([new Error('locked')]);
    expect(runs).toHaveLength(2);
  });

  it('stops after the current run', async () => {
    const { task, runs } = aTask({ pauseMs: 1_000 });
    const stopped = vi.fn();
    task.runSoon();

    const stopping = task.stop().then(stopped);
    await settle();
    expect(stopped).not.toHaveBeenCalled();
    runs[0]?.resolve();
    await stopping;
    task.runSoon();
    await vi.advanceTimersByTimeAsync(5_000);

    expect(runs).toHaveLength(1);
  });
});
