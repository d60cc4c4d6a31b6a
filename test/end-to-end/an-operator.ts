/** Somebody at the CLI: finds the relay by its port, as `npm run relay` does. */
import { type Connection, connect } from '../../lib/operator/connection.ts';
import { findLocalRelay } from '../../lib/operator/local-relay.ts';

/** @param url of the relay, which has to be running */
export async function anOperator(url: string): Promise<Connection> {
  return connect(await findLocalRelay(Number(new URL(url).port)), (message) => {
    throw new Error(`the relay has stored what it cannot read: ${message}`);
  });
}
