/** Endpoints that answer at once: HTTP servers in a thread of their own, beside what is measured. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import { LOOPBACK } from '../../lib/node/http/loopback.ts';

/** Far longer than anything takes that arrives at all. */
const LIMIT_MS = 30_000;
const LIMIT_PER_EVENT_MS = 100;

const arrivalsSchema = z.strictObject({
  /** Since when every receiver has it, in epoch milliseconds, by event id. */
  lastAtMs: z.map(z.string(), z.number()),
  /** How often a receiver got what it had already. */
  repeated: z.int(),
});

export type Arrivals = z.output<typeof arrivalsSchema>;

export interface Receivers {
  readonly urls: readonly string[];
  /**
   * Waits until every receiver has so many events, counted since the last call.
   *
   * @throws when some do not come
   */
  haveAll(events: number): Promise<Arrivals>;
  stop(): Promise<void>;
}

export async function startReceivers(count: number): Promise<Receivers> {
  const worker = new Worker(new URL('./receivers-thread.ts', import.meta.url), { workerData: { count } });
  const [ports] = await once(worker, 'message');
  return {
    urls: z
      .array(z.int())
      .parse(ports)
      .map((port) => `http://${LOOPBACK}:${port}/hook?orderid=`),
    async haveAll(events) {
      worker.postMessage(events * count);
      return arrivalsSchema.parse(await nextMessage(worker, LIMIT_MS + events * LIMIT_PER_EVENT_MS));
    },
    async stop() {
      await worker.terminate();
    },
  };
}

async function nextMessage(worker: Worker, limitMs: number): Promise<unknown> {
  const signal = AbortSignal.timeout(limitMs);
  try {
    const [message] = await once(worker, 'message', { signal });
    return message;
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new Error(`Some events did not reach every endpoint within ${limitMs / 1_000} s`);
  }
}
