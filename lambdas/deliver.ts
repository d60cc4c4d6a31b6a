/** Attempts the deliveries that did not succeed during fan-out: see lib/relay/deliver/deliver.ts. */
import { sqsClient } from '../lib/aws/clients.ts';
import { readEnvironment } from '../lib/aws/lambda/environment.ts';
import { batchHandler, openSendingRelay } from '../lib/aws/lambda/sending-function.ts';
import { parseDeliveryMessage } from '../lib/aws/sqs/parse-messages.ts';
import { REQUIRED_VARIABLES, SENDING_VARIABLES } from '../lib/contract/environment.ts';
import { deliver } from '../lib/relay/deliver/deliver.ts';

const environment = readEnvironment([...REQUIRED_VARIABLES.deliver, ...SENDING_VARIABLES]);
const client = sqsClient();
const relay = openSendingRelay(client, environment);

export const handler = batchHandler({
  client,
  queueUrl: environment.DELIVERIES_QUEUE_URL,
  deadLetterQueueUrl: environment.DELIVERIES_DEAD_LETTER_QUEUE_URL,
  parse: parseDeliveryMessage,
  work: (keys, deadline) => deliver(relay, keys, deadline),
  hasLeases: true,
});
