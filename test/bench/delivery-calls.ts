/** Counts the calls of a delivery that goes by deliver, and those of a sweep that finds nothing to do. */
import { DeleteMessageBatchCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { parseDeliveryMessage } from '../../lib/aws/sqs/parse-messages.ts';
import { sqsEvent } from '../../lib/emulator/queues/sqs-event.ts';
import { deliver } from '../../lib/relay/deliver/deliver.ts';
import { SLOW_FOR_MS } from '../../lib/relay/health/health.ts';
import { Deadline } from '../../lib/relay/model/clock.ts';
import { sweep } from '../../lib/relay/sweep/sweep.ts';
import type { Call } from './call-recorder.ts';
import { putEndpoints, putSource } from './config-rows.ts';
import {
  callsOfEvent,
  type EventCalls,
  type Relay,
  recorderOf,
  relayOver,
  type Stores,
  TOKEN,
  urlsOf,
} from './event-calls.ts';
import { aWebhook } from './webhooks.ts';

export interface DeliveryCalls {
  /** Of the event whose only endpoint is slow. */
  readonly event: EventCalls;
  readonly deliver: readonly Call[];
}

const DELIVER_SECONDS = 60;
const SWEEP_MS = 50_000;

/** @param stores empty ones, for this call alone */
export async function callsOfDelivery(stores: Stores, items?: number): Promise<DeliveryCalls> {
  const { dynamoDb, configTable } = stores;
  await putSource(dynamoDb, configTable, TOKEN);
  await putEndpoints(dynamoDb, configTable, urlsOf(1));
  await dynamoDb.send(new PutCommand({ TableName: configTable, Item: slowHealth('endpoint-1') }));
  const recorder = recorderOf(stores);
  const relay = relayOver(stores);
  await callsOfEvent(relay, recorder, stores, aWebhook('1', 0, items));
  await deliverWhatIsQueued(relay, stores);
  recorder.take();

  const event = await callsOfEvent(relay, recorder, stores, aWebhook('1', 1, items));
  await deliverWhatIsQueued(relay, stores);
  return { event, deliver: recorder.take() };
}

/** @param stores empty ones, for this call alone */
export async function callsOfSweep(stores: Stores, endpoints: number): Promise<readonly Call[]> {
  await putEndpoints(stores.dynamoDb, stores.configTable, urlsOf(endpoints));
  const recorder = recorderOf(stores);
  const relay = relayOver(stores);
  await sweep(relay, new Deadline(relay.clock, SWEEP_MS));
  return recorder.take();
}

function slowHealth(id: string) {
  const now = new Date().toISOString();
  const slowUntil = new Date(Date.now() + SLOW_FOR_MS).toISOString();
  const lastAnswer = { lastSuccessAt: now, lastAnswer: '200', lastAnswerAt: now };
  return { kind: 'health', id, state: 'ok', slowUntil, ...lastAnswer, version: 1 };
}

/** As an event source mapping does: receive, invoke, delete what is done. */
async function deliverWhatIsQueued(
  relay: Relay,
  { sqs, deliveriesQueueUrl: QueueUrl }: Stores,
): Promise<void> {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 2 }),
  );
  const keys = sqsEvent(Messages, '').Records.map((record) => {
    const parsed = parseDeliveryMessage(record);
    if (parsed.kind === 'foreign') throw new Error(`A message is not the relay's: ${parsed.reason}`);
    return parsed.message;
  });
  if (keys.length !== 1) throw new Error(`${keys.length} deliveries are queued, and not one`);
  const returned = await deliver(relay, keys, new Deadline(relay.clock, DELIVER_SECONDS * 1_000));
  if (returned.length > 0) throw new Error(`Deliver returned ${returned.length} messages`);
  const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
  await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
}
