/** Finds the relay that runs on this machine, which tells whoever asks where its parts are. */
import { z } from 'zod';
import { NotARelayError } from '../operator/errors.ts';
import { type AwsRelay, retentionDaysSchema } from './aws-relay.ts';

const DISCOVERY_PATH = '/.well-known/sensaria-relay';
const RESPONSE_TIMEOUT_MS = 3_000;

const discoverySchema = z.object({
  webhookBaseAddress: z.url(),
  configTableName: z.string().min(1),
  eventLogTableName: z.string().min(1),
  eventsQueueUrl: z.url(),
  eventsDeadLetterQueueUrl: z.url(),
  deliveriesQueueUrl: z.url(),
  deliveriesDeadLetterQueueUrl: z.url(),
  retentionDays: retentionDaysSchema,
  payloadRetentionDays: retentionDaysSchema,
  dynamoDbEndpoint: z.url(),
  sqsEndpoint: z.url(),
  region: z.string().min(1),
  /** Null when the relay keeps everything in memory. */
  dataDir: z.string().nullish(),
});

/** The embedded engines check no signature, but the SDK must have something to sign with. */
const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

/** @throws NotARelayError when nothing listens on the port, or something else does */
export async function findLocalRelay(port: number): Promise<AwsRelay> {
  const discovery = discoverySchema.safeParse(await ask(port));
  if (!discovery.success) throw new NotARelayError('local', `the server on port ${port} is not a relay`);
  const { region, dataDir, ...data } = discovery.data;
  const service = { region, credentials: CREDENTIALS };
  return {
    title: `the local relay on port ${port}`,
    webhookBaseAddress: data.webhookBaseAddress,
    configTableName: data.configTableName,
    eventLogTableName: data.eventLogTableName,
    queueUrls: { events: data.eventsQueueUrl, deliveries: data.deliveriesQueueUrl },
    deadLetterQueueUrls: {
      events: data.eventsDeadLetterQueueUrl,
      deliveries: data.deliveriesDeadLetterQueueUrl,
    },
    retentionDays: data.retentionDays,
    payloadRetentionDays: data.payloadRetentionDays,
    dynamoDbConfig: { endpoint: data.dynamoDbEndpoint, ...service },
    sqsConfig: { endpoint: data.sqsEndpoint, ...service },
    ...(dataDir && { dataDir }),
  };
}

/** Undefined when the answer is not one of a relay. */
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
