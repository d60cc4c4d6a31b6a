import { DeleteMessageCommand, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { SqsDeliveryQueue } from '../../lib/aws/sqs/delivery-queue.ts';
import { SqsEventQueue } from '../../lib/aws/sqs/event-queue.ts';
import {
  type Parsed,
  parseDeliveryMessage,
  parseEventMessage,
  type ReceivedMessage,
} from '../../lib/aws/sqs/parse-messages.ts';
import { MemoryClock } from '../memory/clock.ts';
import { MemoryDeliveryQueue, MemoryEventQueue } from '../memory/queues.ts';
import { MemoryTelemetry } from '../memory/telemetry.ts';
import { useEmbedded } from './embedded.ts';
import { describeDeliveryQueue, describeEventQueue } from './queues.conformance.ts';

describeEventQueue('the event queue in memory', async () => {
  const queue = new MemoryEventQueue(new MemoryClock());
  return { queue, take: async () => queue.take() };
});

describeDeliveryQueue('the delivery queue in memory', async () => {
  const queue = new MemoryDeliveryQueue(new MemoryClock());
  return { queue, take: async () => queue.take().map(({ delaySeconds: _, ...key }) => key) };
});

const embedded = useEmbedded();

describeEventQueue('the event queue in SQS', async () => {
  const client = embedded().sqs;
  const queueUrl = await embedded().newQueue('EventsQueue');
  const queue = new SqsEventQueue({ client, queueUrl, telemetry: new MemoryTelemetry() });
  return { queue, take: () => receiveAll(client, queueUrl, parseEventMessage) };
});

describeDeliveryQueue('the delivery queue in SQS', async () => {
  const client = embedded().sqs;
  const queueUrl = await embedded().newQueue('DeliveriesQueue');
  const queue = new SqsDeliveryQueue({ client, queueUrl, telemetry: new MemoryTelemetry() });
  return { queue, take: () => receiveAll(client, queueUrl, parseDeliveryMessage) };
});

async function receiveAll<Message>(
  client: SQSClient,
  queueUrl: string,
  parse: (message: ReceivedMessage) => Parsed<Message>,
): Promise<Message[]> {
  const taken: Message[] = [];
  for (;;) {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 0 }),
    );
    if (Messages.length === 0) return taken;
    for (const { Body = '', ReceiptHandle } of Messages) {
      const parsed = parse({ body: Body, attributes: { ApproximateReceiveCount: '1' } });
      if (parsed.kind === 'foreign') throw new Error(`a message of ours does not parse: ${parsed.reason}`);
      taken.push(parsed.message);
      await client.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
    }
  }
}
