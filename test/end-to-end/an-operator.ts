/** Somebody at the CLI: finds the relay by its port, as `npm run relay` does. */
import { type AwsConnection, connect } from '../../lib/connect/connect.ts';
import { findLocalRelay } from '../../lib/connect/local-relay.ts';

/** @param url of the relay, which has to be running */
export async function anOperator(url: string): Promise<AwsConnection> {
  return connect(await findLocalRelay(Number(new URL(url).port)), (message) => {
    throw new Error(`the relay has stored what it cannot read: ${message}`);
  });
}
