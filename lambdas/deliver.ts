/** Works off deliveries that outlived their fan-out: see lib/relay/deliver/deliver.ts. */
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { sqsClient } from '../lib/aws/clients.ts';
import { ProcessExpressions } from '../lib/aws/expressions/process-expressions.ts';
import { readEnvironment } from '../lib/aws/lambda/environment.ts';
import { clock, lambdaHandler, openTables, random, telemetry } from '../lib/aws/lambda/function-setup.ts';
import { openOutgoing } from '../lib/aws/lambda/outgoing.ts';
import { DeadLetterQueue } from '../lib/aws/sqs/dead-letter-queue.ts';
import { SqsDeliveryQueue } from '../lib/aws/sqs/delivery-queue.ts';
import { parseDeliveryMessage } from '../lib/aws/sqs/messages.ts';
import { handleBatch } from '../lib/aws/sqs/sqs-batch.ts';
import { keepHidden } from '../lib/aws/sqs/visibility.ts';
import { REQUIRED_VARIABLES, SENDING_VARIABLES } from '../lib/contract/environment.ts';
import { deliver } from '../lib/relay/deliver/deliver.ts';
import { Deadline } from '../lib/relay/model/clock.ts';

const environment = readEnvironment([...REQUIRED_VARIABLES.deliver, ...SENDING_VARIABLES]);
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
