/** Finds the relay on this machine by its discovery document. */
import { z } from 'zod';
import { DISCOVERY_PATH, LOCAL_CREDENTIALS } from '../contract/local-relay.ts';
import { NotARelayError } from '../operator/errors.ts';
import { type AwsRelay, describeOutputs, stackOutputsSchema } from './aws-relay.ts';

const RESPONSE_TIMEOUT_MS = 3_000;

const discoverySchema = stackOutputsSchema.extend({
  dynamoDbEndpoint: z.url(),
  sqsEndpoint: z.url(),
  region: z.string().min(1),
  /** Null when all data is in memory. */
  dataDir: z.string().nullish(),
});

/** @throws NotARelayError when nothing listens on the port, or something else does */
export async function findLocalRelay(port: number): Promise<AwsRelay> {
  const discovery = discoverySchema.safeParse(await ask(port));
  if (!discovery.success) throw new NotARelayError('local', `the server on port ${port} is not a relay`);
  const { region, dataDir, dynamoDbEndpoint, sqsEndpoint, ...outputs } = discovery.data;
  const service = { region, credentials: LOCAL_CREDENTIALS };
  return {
    title: `the local relay on port ${port}`,
    ...describeOutputs(outputs),
    dynamoDbConfig: { endpoint: dynamoDbEndpoint, ...service },
    sqsConfig: { endpoint: sqsEndpoint, ...service },
    ...(dataDir && { dataDir }),
  };
}

/** Undefined when another program answers. */
async function ask(port: number): Promise<unknown> {
  const url = `http://127.0.0.1:${port}${DISCOVERY_PATH}`;
  let response: Response;
  try {
    response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(RESPONSE_TIMEOUT_MS) });
  } catch (cause) {
    const timedOut = cause instanceof Error && cause.name === 'TimeoutError';
    const problem = timedOut ? 'the relay does not respond' : 'no relay is running';
    throw new NotARelayError('local', `${problem} on port ${port} of this machine`, { cause });
  }
  try {
    return response.ok ? await response.json() : undefined;
  } catch {
    // Not JSON: another program's page.
    return undefined;
  }
}
