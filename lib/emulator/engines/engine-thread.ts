/** Runs an engine in a thread, so that it does not block the main thread, which serves the webhooks. */
import { once } from 'node:events';
import { parentPort, Worker } from 'node:worker_threads';
import { LOOPBACK } from '../../node/http/loopback.ts';
import { REGION } from '../account.ts';
import { COMPILE_CACHE } from '../compile-cache.ts';
import type { Engine } from './engine.ts';

/** The time limit for an engine to store its data. */
const STOP_LIMIT_MS = 5_000;

const STOP = 'stop';

/** The `workerData` of an engine's thread. It comes from this program, so the thread does not check it. */
export interface EngineSettings {
  /** The folder or file for the data; without it, all data is in memory. */
  readonly path?: string;
}

interface Listening {
  readonly port: number;
}

/**
 * Starts the engine in `file`, and waits until it listens.
 *
 * @param path the folder for its data; without it, all data is in memory
 */
export async function startEngineThread(file: URL, path?: string): Promise<Engine> {
  const settings: EngineSettings = path === undefined ? {} : { path };
  const worker = new Worker(file, {
    workerData: settings,
    env: { AWS_REGION: REGION, ...COMPILE_CACHE },
    execArgv: [],
  });
  let stopping = false;
  const failed = new Promise<never>((_, reject) => {
    worker.once('error', reject);
    worker.once('exit', () => {
      if (!stopping) reject(new Error(`The engine ${file.pathname.split('/').pop()} ended by itself`));
    });
  });
  const [message] = await Promise.race([once(worker, 'message'), failed]);
  const { port }: Listening = message;
  return {
    endpoint: `http://${LOOPBACK}:${port}`,
    failed,
    async stop() {
      stopping = true;
      const exited = once(worker, 'exit');
      worker.postMessage(STOP);
      const timer = setTimeout(() => worker.terminate(), STOP_LIMIT_MS);
      await exited;
      clearTimeout(timer);
    },
  };
}

/** For the thread itself: reports the port, and stops the engine on request. */
export function reportListening(port: number, stop: () => Promise<void>): void {
  parentPort?.once('message', () => {
    void stop().then(() => parentPort?.close());
  });
  const listening: Listening = { port };
  parentPort?.postMessage(listening);
}
