/** Receives a webhook from API Gateway and stores it: see lib/relay/ingest.ts. */
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { INGEST_LIMITS, sqsClient } from '../lib/aws/clients.ts';
import { readEnvironment } from '../lib/aws/lambda/environment.ts';
import { clock, lambdaHandler, openTables, random, telemetry } from '../lib/aws/lambda/function-setup.ts';
import { readWebhookRequest, webhookResponse } from '../lib/aws/lambda/webhook-http.ts';
import { SqsEventQueue } from '../lib/aws/sqs/event-queue.ts';
import { REQUIRED_VARIABLES } from '../lib/contract/environment.ts';
import { ingest } from '../lib/relay/ingest.ts';

const environment = readEnvironment(REQUIRED_VARIABLES.ingest);

const relay = {
  clock,
  random,
  telemetry,
  ...openTables(environment, INGEST_LIMITS),
  eventQueue: new SqsEventQueue({ client: sqsClient(), queueUrl: environment.EVENTS_QUEUE_URL, telemetry }),
};

export const handler = lambdaHandler<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>(
  async (event) => webhookResponse(await ingest(relay, readWebhookRequest(event))),
);
