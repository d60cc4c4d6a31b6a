/** Somebody at the CLI: finds the relay by its port, as `npm run relay` does. */
import { findLocalRelay } from '../../lib/connect/local-relay.ts';
import type { Connection } from '../../lib/operator/connection.ts';

/** @param url of the relay, which has to be running */
export async function anOperator(url: string): Promise<Connection> {
  const found = await findLocalRelay(Number(new URL(url).port));
  return found.connect(refuseWarnings);
}

export function refuseWarnings(message: string): never {
  throw new Error(`the relay has stored what it cannot read: ${message}`);
}
