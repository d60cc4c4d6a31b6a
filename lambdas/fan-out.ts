/** Works off orders that events.fifo wakes: see lib/relay/fan-out.ts. */
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { sqsClient } from '../lib/aws/clients.ts';
import { DeadLetterQueue } from '../lib/aws/dead-letter-queue.ts';
import { SqsDeliveryQueue } from '../lib/aws/delivery-queue.ts';
import { readEnvironment } from '../lib/aws/environment.ts';
import { clock, lambdaHandler, openTables, random, telemetry } from '../lib/aws/function-setup.ts';
import { parseEventMessage } from '../lib/aws/messages.ts';
import { openOutgoing } from '../lib/aws/outgoing.ts';
import { ProcessExpressions } from '../lib/aws/process-expressions.ts';
import { handleBatch } from '../lib/aws/sqs-batch.ts';
import { keepHidden, returnSoon } from '../lib/aws/visibility.ts';
import { Deadline } from '../lib/relay/clock.ts';
import { fanOut } from '../lib/relay/fan-out.ts';

const environment = readEnvironment([
  'ALLOWED_CIDRS',
  'PARAMETER_STORE',
  'EVENT_LOG_TABLE',
  'CONFIG_TABLE',
  'EVENTS_QUEUE_URL',
  'DELIVERIES_QUEUE_URL',
  'EVENTS_DEAD_LETTER_QUEUE_URL',
  'RETENTION_DAYS',
  'PAYLOAD_RETENTION_DAYS',
]);
const client = sqsClient();
const events = { client, queueUrl: environment.EVENTS_QUEUE_URL, telemetry };
const deadLetters = new DeadLetterQueue({
  client,
  queueUrl: environment.EVENTS_DEAD_LETTER_QUEUE_URL,
  telemetry,
});

const relay = {
  clock,
  random,
  telemetry,
  ...openTables(environment),
  deliveryQueue: new SqsDeliveryQueue({ client, queueUrl: environment.DELIVERIES_QUEUE_URL, telemetry }),
  ...openOutgoing({ clock, environment }),
  expressions: new ProcessExpressions(),
};

export const handler = lambdaHandler<SQSEvent, SQSBatchResponse>((event, context) => {
  const deadline = new Deadline(clock, context.getRemainingTimeInMillis());
  return handleBatch(event, {
    parse: parseEventMessage,
    work: (messages) => fanOut(relay, messages),
    deadLetters,
    keepHidden: (records) =>
      keepHidden(events, records, { now: clock.now(), remainingMs: deadline.remainingMs }),
    onReturn: (records) => returnSoon(events, records),
  });
});
