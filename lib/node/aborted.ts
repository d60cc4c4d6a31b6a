/** Resolves when the signal aborts, so that `Promise.race` can limit a wait. */
import { once } from 'node:events';

export async function aborted(signal: AbortSignal): Promise<undefined> {
  if (!signal.aborted) await once(signal, 'abort');
  return undefined;
}
