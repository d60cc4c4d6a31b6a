/** Works off deliveries that outlived their fan-out: see lib/relay/deliver.ts. */
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { sqsClient } from '../lib/aws/clients.ts';
import { DeadLetterQueue } from '../lib/aws/dead-letter-queue.ts';
import { SqsDeliveryQueue } from '../lib/aws/delivery-queue.ts';
import { readEnvironment } from '../lib/aws/environment.ts';
import { clock, lambdaHandler, openTables, random, telemetry } from '../lib/aws/function-setup.ts';
import { parseDeliveryMessage } from '../lib/aws/messages.ts';
import { openOutgoing } from '../lib/aws/outgoing.ts';
import { ProcessExpressions } from '../lib/aws/process-expressions.ts';
import { handleBatch } from '../lib/aws/sqs-batch.ts';
import { keepHidden } from '../lib/aws/visibility.ts';
import { Deadline } from '../lib/relay/clock.ts';
import { deliver } from '../lib/relay/deliver.ts';

const environment = readEnvironment([
  'ALLOWED_CIDRS',
  'PARAMETER_STORE',
  'EVENT_LOG_TABLE',
  'CONFIG_TABLE',
  'DELIVERIES_QUEUE_URL',
  'DELIVERIES_DEAD_LETTER_QUEUE_URL',
  'RETENTION_DAYS',
]);
const client = sqsClient();
const deliveries = { client, queueUrl: environment.DELIVERIES_QUEUE_URL, telemetry };
const deadLetters = new DeadLetterQueue({
  client,
  queueUrl: environment.DELIVERIES_DEAD_LETTER_QUEUE_URL,
  telemetry,
});

const relay = {
  clock,
  random,
  telemetry,
  ...openTables(environment),
  deliveryQueue: new SqsDeliveryQueue(deliveries),
  ...openOutgoing({ clock, environment }),
  expressions: new ProcessExpressions(),
};

export const handler = lambdaHandler<SQSEvent, SQSBatchResponse>((event, context) => {
  const deadline = new Deadline(clock, context.getRemainingTimeInMillis());
  return handleBatch(event, {
    parse: parseDeliveryMessage,
    work: (keys) => deliver(relay, keys, deadline),
    deadLetters,
    keepHidden: (records) =>
      keepHidden(deliveries, records, { now: clock.now(), remainingMs: deadline.remainingMs }),
  });
});
