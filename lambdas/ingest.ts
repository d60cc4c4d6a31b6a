/** Receives a webhook from API Gateway and stores it: see lib/relay/ingest.ts. */
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { dynamoDbClient, INGEST_LIMITS, sqsClient } from '../lib/aws/clients.ts';
import { DynamoConfigTable } from '../lib/aws/dynamodb/config-table.ts';
import { DynamoEventStore } from '../lib/aws/dynamodb/event-store.ts';
import { readEnvironment } from '../lib/aws/lambda/environment.ts';
import { clock, lambdaHandler, random, telemetry, traces } from '../lib/aws/lambda/function-setup.ts';
import { readWebhookRequest, webhookResponse } from '../lib/aws/lambda/webhook-http.ts';
import { SqsEventQueue } from '../lib/aws/sqs/event-queue.ts';
import { REQUIRED_VARIABLES } from '../lib/contract/environment.ts';
import { ingest } from '../lib/relay/ingest.ts';
import { Sources } from '../lib/relay/sources.ts';

const environment = readEnvironment(REQUIRED_VARIABLES.ingest);

const client = dynamoDbClient(INGEST_LIMITS);

const relay = {
  clock,
  random,
  telemetry,
  config: new Sources(
    new DynamoConfigTable({ client, tableName: environment.CONFIG_TABLE }),
    clock,
    telemetry,
  ),
  eventLog: new DynamoEventStore({
    client,
    clock,
    tableName: environment.EVENT_LOG_TABLE,
    retentionDays: environment.RETENTION_DAYS,
    payloadRetentionDays: environment.PAYLOAD_RETENTION_DAYS,
  }),
  eventQueue: new SqsEventQueue({ client: sqsClient(), queueUrl: environment.EVENTS_QUEUE_URL, telemetry }),
};

export const handler = lambdaHandler<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>(
  async (event) => {
    const startedAt = clock.now();
    const answer = await ingest(relay, readWebhookRequest(event));
    if (answer.kind === 'accepted')
      traces?.add({ eventId: answer.eventId, startedAt, endedAt: clock.now(), hasFailed: false });
    return webhookResponse(answer);
  },
);
