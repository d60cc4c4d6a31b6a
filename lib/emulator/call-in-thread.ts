/**
 * Calls a module's function in a separate thread. The thread's end frees its memory: the CDK, which synthesizes the
 * template, needs far more memory than the relay.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { COMPILE_CACHE } from './compile-cache.ts';

/**
 * @param module the file; only the thread imports it
 * @param exportName the function; it is called without arguments
 * @returns the function's result, copied between threads
 */
export async function callInThread(module: URL, exportName: string): Promise<unknown> {
  const worker = new Worker(new URL('./call-thread.ts', import.meta.url), {
    workerData: { module: module.href, exportName },
    env: { ...process.env, ...COMPILE_CACHE },
    execArgv: [],
  });
  const [result] = await once(worker, 'message');
  return result;
}
