/**
 * Calls a module's function in a thread of its own. What the call takes in memory goes when the thread does: the CDK,
 * which synthesizes the template, takes far more than the relay that runs it.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/**
 * @param module the file, which is imported in the thread alone
 * @param exportName the function, which is called without arguments
 * @returns what it returned, as far as it can be copied between threads
 */
export async function callInThread(module: URL, exportName: string): Promise<unknown> {
  const worker = new Worker(new URL('./call-thread.ts', import.meta.url), {
    workerData: { module: module.href, exportName },
    execArgv: [],
  });
  const [result] = await once(worker, 'message');
  return result;
}
