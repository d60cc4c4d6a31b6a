/** The moment that a signal aborts, as a promise: for what waits, but no longer than that. */
import { once } from 'node:events';

export async function aborted(signal: AbortSignal): Promise<undefined> {
  if (!signal.aborted) await once(signal, 'abort');
  return undefined;
}
