/** The calls that an event cannot do without, with rows and indexes of the stack's form, and nothing around them. */
import {
  type AttributeValue,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { ulid } from 'ulid';
import { type Dispatcher, request } from 'undici';
import type { Webhook } from './webhooks.ts';

export interface BareStores {
  readonly dynamoDb: DynamoDBClient;
  readonly eventLogTable: string;
  readonly sqs: SQSClient;
  readonly eventsQueueUrl: string;
}

export interface BareEventKey {
  readonly orderKey: string;
  readonly eventId: string;
}

/** Ingest reads the newest id, writes the payload and then the event's row, and sends one message. */
export async function takeBare(stores: BareStores, { orderId, body }: Webhook): Promise<string> {
  const { dynamoDb, eventLogTable, sqs, eventsQueueUrl } = stores;
  const key = { orderKey: `bare/${orderId}`, eventId: `evt_${ulid()}` };
  const newest = { ...rowsOf(stores, key, 'event#'), Limit: 1, ProjectionExpression: 'sk' };
  const put = (Item: Row) =>
    dynamoDb.send(
      new PutItemCommand({
        TableName: eventLogTable,
        Item,
        ConditionExpression: 'attribute_not_exists(sk)',
      }),
    );
  await Promise.all([dynamoDb.send(new QueryCommand(newest)), put(payloadRow(key, body))]);
  await put(eventRow(key));
  await sqs.send(
    new SendMessageCommand({
      QueueUrl: eventsQueueUrl,
      MessageGroupId: key.orderKey,
      MessageDeduplicationId: key.eventId,
      MessageBody: JSON.stringify(key),
    }),
  );
  return key.eventId;
}

/** The calls of fan-out: events, payload and deliveries are read, every endpoint gets its POST, one row is updated. */
export async function fanOutBare(
  stores: BareStores,
  key: BareEventKey,
  endpointUrls: readonly string[],
  dispatcher: Dispatcher,
): Promise<void> {
  const { dynamoDb, eventLogTable: TableName } = stores;
  await dynamoDb.send(new QueryCommand({ ...rowsOf(stores, key, 'event#'), Limit: 10 }));
  const payloadKey = rowKey(key, 'payload#');
  const [payload] = await Promise.all([
    dynamoDb.send(new GetItemCommand({ TableName, Key: payloadKey, ConsistentRead: true })),
    dynamoDb.send(new QueryCommand(rowsOf(stores, key, 'delivery#'))),
  ]);
  const body = payload.Item?.body?.S ?? '';
  const headers = { 'webhook-id': key.eventId };
  const outcomes = await Promise.all(
    endpointUrls.map(async (url) => {
      const answer = await request(url, { method: 'POST', headers, body, dispatcher });
      await answer.body.dump();
      return { S: String(answer.statusCode) };
    }),
  );
  await dynamoDb.send(
    new UpdateItemCommand({
      TableName,
      Key: rowKey(key, 'event#'),
      UpdateExpression: 'SET outcomes = :outcomes REMOVE owedTo, dueAt',
      ExpressionAttributeValues: { ':outcomes': { L: outcomes } },
    }),
  );
}

type Row = Record<string, AttributeValue>;

function rowKey({ orderKey, eventId }: BareEventKey, prefix: string): Row {
  return { orderKey: { S: orderKey }, sk: { S: prefix + eventId } };
}

function payloadRow(key: BareEventKey, body: Uint8Array): Row {
  return { ...rowKey(key, 'payload#'), body: { S: Buffer.from(body).toString() } };
}

/** In both indexes until it is updated, and in one from then on. */
function eventRow(key: BareEventKey): Row {
  return {
    ...rowKey(key, 'event#'),
    eventId: { S: key.eventId },
    day: { S: 'day' },
    owedTo: { S: 'fan-out' },
    dueAt: { S: new Date().toISOString() },
  };
}

function rowsOf(
  { eventLogTable }: BareStores,
  { orderKey }: BareEventKey,
  prefix: string,
): QueryCommandInput {
  return {
    TableName: eventLogTable,
    ConsistentRead: true,
    ScanIndexForward: false,
    KeyConditionExpression: 'orderKey = :orderKey AND begins_with(sk, :prefix)',
    ExpressionAttributeValues: { ':orderKey': { S: orderKey }, ':prefix': { S: prefix } },
  };
}
