/** A relay as a process of its own, for one test. */
import { onTestFinished } from 'vitest';
import { type RelayProcess, spawnRelay } from './spawn-relay.ts';

export type { RelayProcess } from './spawn-relay.ts';

export async function startRelayProcess(dataDir: string): Promise<RelayProcess> {
  const relay = await spawnRelay(dataDir);
  onTestFinished(relay.kill);
  return relay;
}
