import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { aRequest, sender } from './hostile-receiver.ts';

afterEach(() => {
  vi.useRealTimers();
});

/** A server in a thread of its own that answers a request once this thread stands still. */
async function answeringThread() {
  const progress = new Int32Array(new SharedArrayBuffer(4));
  const thread = new Worker(new URL('./fixtures/answering-thread.ts', import.meta.url), {
    workerData: { progress },
  });
  onTestFinished(async () => {
    await thread.terminate();
  });
  const [{ port }] = await once(thread, 'message');
  return {
    url: `http://127.0.0.1:${port}/`,
    received: () => once(thread, 'message'),
    /** Blocks this thread until the answer is sent. */
    standStill(): void {
      Atomics.store(progress, 0, 1);
      Atomics.notify(progress, 0);
      Atomics.wait(progress, 0, 1);
    },
  };
}

describe('a request whose time ends while this process stands still', () => {
  it('has the answer that arrived meanwhile', async () => {
    const server = await answeringThread();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const received = server.received();
    const result = sender.post(aRequest(server.url, { timeoutMs: 5_000 }));
    await received;

    // As the event loop does: the late timer runs before the sockets are read.
    await sleep(1);
    server.standStill();
    vi.advanceTimersByTime(5_000);

    expect(await result).toMatchObject({ kind: 'answer', status: 200, text: 'in time' });
  });
});
