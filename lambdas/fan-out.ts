/** Fans out the events whose messages arrive on events.fifo: see lib/relay/fan-out/fan-out.ts. */
import { sqsClient } from '../lib/aws/clients.ts';
import { readEnvironment } from '../lib/aws/lambda/environment.ts';
import { batchHandler, openSendingRelay } from '../lib/aws/lambda/sending-function.ts';
import { parseEventMessage } from '../lib/aws/sqs/parse-messages.ts';
import { shortenVisibility } from '../lib/aws/sqs/visibility.ts';
import { REQUIRED_VARIABLES, SENDING_VARIABLES } from '../lib/contract/environment.ts';
import { fanOut } from '../lib/relay/fan-out/fan-out.ts';

const environment = readEnvironment([...REQUIRED_VARIABLES.fanOut, ...SENDING_VARIABLES]);
const client = sqsClient();
const relay = openSendingRelay(client, environment);

export const handler = batchHandler({
  client,
  queueUrl: environment.EVENTS_QUEUE_URL,
  deadLetterQueueUrl: environment.EVENTS_DEAD_LETTER_QUEUE_URL,
  parse: parseEventMessage,
  work: (messages, _, reject) => fanOut(relay, messages, reject),
  // Inline attempts have none.
  hasLeases: false,
  onReturn: shortenVisibility,
});
