/** Finds a relay on this machine by its discovery document. */
import { z } from 'zod';
import { DISCOVERY_PATH, LOCAL_CREDENTIALS } from '../contract/local-relay.ts';
import type { FoundRelay } from '../operator/connection.ts';
import { NotARelayError } from '../operator/errors.ts';
import { type AwsRelay, describeOutputs, stackOutputsSchema } from './aws-relay.ts';
import { connect } from './connect.ts';
import { awsDiagnostics } from './diagnostics/aws-diagnostics.ts';
import { machineDiagnostics } from './diagnostics/machine-diagnostics.ts';
import { portOption } from './port-option.ts';
import { connectSqlite, describeDiscovery, sqliteDiscoverySchema } from './sqlite-relay.ts';

const RESPONSE_TIMEOUT_MS = 3_000;

const emulatorSchema = stackOutputsSchema.extend({
  dynamoDbEndpoint: z.url(),
  sqsEndpoint: z.url(),
  region: z.string().min(1),
  /** Null when all data is in memory. */
  dataDir: z.string().nullish(),
});

/**
 * Finds the relay, on whichever engine it runs.
 *
 * @throws NotARelayError when nothing listens on the port, or something else does
 */
export async function findLocalRelay(port: number): Promise<FoundRelay> {
  const document = await ask(port);
  const ofSqlite = sqliteDiscoverySchema.safeParse(document);
  if (ofSqlite.success) {
    const relay = describeDiscovery(port, ofSqlite.data);
    return {
      relay,
      connect: (warn) => connectSqlite(relay, warn),
      diagnostics: () => machineDiagnostics(relay),
    };
  }
  const relay = describeEmulator(port, document);
  return { relay, connect: (warn) => connect(relay, warn), diagnostics: () => awsDiagnostics(relay) };
}

/** Finds an emulated stack. @throws NotARelayError when nothing listens on the port, or something else does */
export async function findEmulator(port: number): Promise<AwsRelay> {
  return describeEmulator(port, await ask(port));
}

function describeEmulator(port: number, document: unknown): AwsRelay {
  const discovery = emulatorSchema.safeParse(document);
  if (!discovery.success) throw new NotARelayError('local', `the server on port ${port} is not a relay`);
  const { region, dataDir, dynamoDbEndpoint, sqsEndpoint, ...outputs } = discovery.data;
  const service = { region, credentials: LOCAL_CREDENTIALS };
  return {
    title: `the local relay on port ${port}`,
    ...portOption(port),
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
