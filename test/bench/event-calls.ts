/** Counts the calls of an event when every endpoint answers: the real functions over the real adapters, one by one. */
import { DeleteMessageBatchCommand, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { DynamoConfigTable } from '../../lib/aws/dynamodb/config-table.ts';
import { DynamoEventLog } from '../../lib/aws/dynamodb/event-log.ts';
import { SqsDeliveryQueue } from '../../lib/aws/sqs/delivery-queue.ts';
import { SqsEventQueue } from '../../lib/aws/sqs/event-queue.ts';
import { parseEventMessage } from '../../lib/aws/sqs/parse-messages.ts';
import { sqsEvent } from '../../lib/emulator/queues/sqs-event.ts';
import { Config } from '../../lib/relay/config.ts';
import { fanOut } from '../../lib/relay/fan-out/fan-out.ts';
import { ingest } from '../../lib/relay/ingest.ts';
import type { Clock } from '../../lib/relay/model/clock.ts';
import type { OutgoingRequest } from '../../lib/relay/ports/outgoing.ts';
import type { EventMessage } from '../../lib/relay/ports/queues.ts';
import type { Metric } from '../../lib/relay/ports/telemetry.ts';
import { SecretCache } from '../../lib/relay/secrets/secret-cache.ts';
import { MemoryExpressions } from '../memory/expressions.ts';
import { MemorySecrets } from '../memory/secrets.ts';
import { MemoryTelemetry } from '../memory/telemetry.ts';
import { MemoryTokenIssuer } from '../memory/token-issuer.ts';
import { type Call, CallRecorder } from './call-recorder.ts';
import { putEndpoints, putSource } from './config-rows.ts';
import { aWebhook, type Webhook } from './webhooks.ts';

export const TOKEN = 'bench'.padEnd(43, '-');

/** Nothing takes too long and nothing grows old: a busy machine must not cause a call more. */
const clock: Clock = {
  now: () => new Date(),
  monotonicMs: () => 0,
  sleep: () => new Promise(() => {}),
};

export interface Stores {
  readonly dynamoDb: DynamoDBDocumentClient;
  readonly configTable: string;
  readonly eventLogTable: string;
  readonly sqs: SQSClient;
  readonly eventsQueueUrl: string;
  readonly deliveriesQueueUrl: string;
}

export interface EventCalls {
  readonly ingest: readonly Call[];
  readonly fanOut: readonly Call[];
  /** Endpoints that got it. */
  readonly attempts: number;
  /** The body of the webhook, and the headers and bodies of the requests to the endpoints. */
  readonly bodyBytes: number;
  readonly sentBytes: number;
  readonly metrics: ReadonlySet<Metric>;
}

export interface OrderCalls {
  /** An order's first event, to functions that have just been started and read the config. */
  readonly first: EventCalls;
  readonly later: EventCalls;
}

/**
 * @param stores empty ones, for this call alone
 * @param options.lastSuccessAt when the endpoints last accepted a request
 * @param options.items of the order
 */
export async function callsOfOrder(
  stores: Stores,
  endpoints: number,
  { lastSuccessAt = new Date(), items }: { readonly lastSuccessAt?: Date; readonly items?: number } = {},
): Promise<OrderCalls> {
  const { dynamoDb, configTable } = stores;
  await putSource(dynamoDb, configTable, TOKEN);
  await putEndpoints(dynamoDb, configTable, urlsOf(endpoints), lastSuccessAt);

  const recorder = recorderOf(stores);
  const relay = relayOver(stores);
  const first = await callsOfEvent(relay, recorder, stores, aWebhook('1', 0, items));
  const later = await callsOfEvent(relay, recorder, stores, aWebhook('1', 1, items));
  const unexpected = relay.telemetry.log.filter(({ level }) => level !== 'info');
  if (unexpected.length > 0) throw new Error(`Not the happy path: ${JSON.stringify(unexpected)}`);
  return { first, later };
}

export function urlsOf(endpoints: number): string[] {
  return Array.from({ length: endpoints }, (_, n) => `https://endpoint-${n}.example/hook`);
}

export function recorderOf(stores: Stores): CallRecorder {
  const recorder = new CallRecorder();
  recorder.watchDynamoDb(stores.dynamoDb);
  recorder.watchSqs(stores.sqs);
  return recorder;
}

export type Relay = ReturnType<typeof relayOver>;

/** A relay whose endpoints accept every request at once. */
export function relayOver(stores: Stores) {
  const { dynamoDb: client, sqs, configTable, eventLogTable, eventsQueueUrl, deliveriesQueueUrl } = stores;
  const telemetry = new MemoryTelemetry();
  const posted: OutgoingRequest[] = [];
  return {
    clock,
    random: Math.random,
    telemetry,
    config: new Config(new DynamoConfigTable({ client, tableName: configTable }), clock, telemetry),
    eventLog: new DynamoEventLog({ client, tableName: eventLogTable, clock, telemetry }),
    eventQueue: new SqsEventQueue({ client: sqs, queueUrl: eventsQueueUrl, telemetry }),
    deliveryQueue: new SqsDeliveryQueue({ client: sqs, queueUrl: deliveriesQueueUrl, telemetry }),
    posted,
    expressions: new MemoryExpressions(),
    secretCache: new SecretCache({
      clock,
      secrets: new MemorySecrets(),
      tokenIssuer: new MemoryTokenIssuer(),
    }),
    sender: {
      async post(request: OutgoingRequest) {
        posted.push(request);
        return { kind: 'answer', status: 200, text: '' } as const;
      },
    },
  };
}

export async function callsOfEvent(
  relay: Relay,
  recorder: CallRecorder,
  stores: Stores,
  { orderId, body }: Webhook,
): Promise<EventCalls> {
  relay.posted.length = 0;
  relay.telemetry.counts.clear();
  const rawQuery = `orderid=${orderId}`;
  const answer = await ingest(relay, { token: TOKEN, rawQuery, contentType: 'application/json', body });
  if (answer.kind !== 'accepted') throw new Error(`The webhook was not accepted: ${answer.kind}`);
  const ingestCalls = recorder.take();
  await fanOutWhatIsQueued(relay, stores);
  return {
    ingest: ingestCalls,
    fanOut: recorder.take(),
    attempts: relay.posted.length,
    bodyBytes: body.length,
    sentBytes: relay.posted.reduce((sum, request) => sum + bytesOf(request), 0),
    metrics: new Set(relay.telemetry.counts.keys()),
  };
}

function bytesOf({ headers, body }: OutgoingRequest): number {
  return Object.entries(headers).reduce(
    (sum, [name, value]) => sum + name.length + value.length + ': \r\n'.length,
    body.length,
  );
}

/** As an event source mapping does: receive, invoke, delete what is done. */
async function fanOutWhatIsQueued(relay: Relay, { sqs, eventsQueueUrl: QueueUrl }: Stores): Promise<void> {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: 10,
      WaitTimeSeconds: 1,
      MessageSystemAttributeNames: ['All'],
    }),
  );
  const messages = sqsEvent(Messages, '').Records.map((record): EventMessage => {
    const parsed = parseEventMessage(record);
    if (parsed.kind === 'foreign') throw new Error(`A message is not the relay's: ${parsed.reason}`);
    return parsed.message;
  });
  const returned = await fanOut(relay, messages);
  if (returned.length > 0) throw new Error(`Fan-out returned ${returned.length} messages`);
  const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
  await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
}

/** `{ 'DynamoDB Query': 2 }`, in alphabetical order. */
export function countByCommand(calls: readonly Call[]): Record<string, number> {
  const groups = Map.groupBy(calls, ({ service, command }) => `${service} ${command}`);
  const counts = [...groups].map(([name, group]) => [name, group.length] as const);
  return Object.fromEntries(counts.sort(([a], [b]) => a.localeCompare(b)));
}
