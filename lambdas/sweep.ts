/** Re-queues overdue work every minute: see lib/relay/sweep/sweep.ts. */
import { sqsClient } from '../lib/aws/clients.ts';
import { readEnvironment } from '../lib/aws/lambda/environment.ts';
import { clock, lambdaHandler, random, telemetry } from '../lib/aws/lambda/function-setup.ts';
import { openTables } from '../lib/aws/lambda/tables.ts';
import { SqsDeliveryQueue } from '../lib/aws/sqs/delivery-queue.ts';
import { SqsEventQueue } from '../lib/aws/sqs/event-queue.ts';
import { REQUIRED_VARIABLES } from '../lib/contract/environment.ts';
import { Deadline } from '../lib/relay/model/clock.ts';
import { sweep } from '../lib/relay/sweep/sweep.ts';

const environment = readEnvironment(REQUIRED_VARIABLES.sweep);
const client = sqsClient();

const relay = {
  clock,
  random,
  telemetry,
  ...openTables(environment),
  eventQueue: new SqsEventQueue({ client, queueUrl: environment.EVENTS_QUEUE_URL, telemetry }),
  deliveryQueue: new SqsDeliveryQueue({ client, queueUrl: environment.DELIVERIES_QUEUE_URL, telemetry }),
};

export const handler = lambdaHandler<unknown, void>((_, context) =>
  sweep(relay, new Deadline(clock, context.getRemainingTimeInMillis()), environment.SILENCE_HOURS),
);
