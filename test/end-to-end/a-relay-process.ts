/** A relay as a process of its own, for one test. */
import { onTestFinished } from 'vitest';
import type { Engine } from './engines.ts';
import { type RelayProcess, spawnRelay } from './spawn-relay.ts';

export type { RelayProcess } from './spawn-relay.ts';

export async function startRelayProcess(dataDir: string, engine: Engine): Promise<RelayProcess> {
  const relay = await spawnRelay(dataDir, engine);
  onTestFinished(relay.kill);
  return relay;
}
