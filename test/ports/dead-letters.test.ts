import { randomUUID } from 'node:crypto';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { SqsDeadLetters } from '../../lib/aws/sqs/dead-letters.ts';
import { receive } from '../aws/sqs/received-record.ts';
import { MemoryClock } from '../memory/clock.ts';
import { MemoryDeadLetters } from '../memory/dead-letters.ts';
import {
  type DeadLettersSubject,
  describeDeadLetters,
  describeFifoDeadLetters,
} from './dead-letters.conformance.ts';
import { useEmbedded } from './embedded.ts';

async function inMemory(): Promise<DeadLettersSubject> {
  const letters = new MemoryDeadLetters(new MemoryClock());
  return {
    letters,
    put: async (letter) => letters.put(letter),
    sentBack: async () => letters.sentBack,
  };
}

describeDeadLetters('dead letters in memory', inMemory);
describeFifoDeadLetters('FIFO dead letters in memory', inMemory);

const embedded = useEmbedded();

async function inSqs(source: 'EventsQueue' | 'DeliveriesQueue'): Promise<DeadLettersSubject> {
  const client = embedded().sqs;
  const isFifo = source === 'EventsQueue';
  const sourceUrl = await embedded().newQueue(source);
  const queueUrl = await embedded().newQueue(isFifo ? 'EventsDeadLetterQueue' : 'DeliveriesDeadLetterQueue');
  return {
    letters: new SqsDeadLetters({ client, queueUrl, sourceUrl }),
    async put({ body, reason, groupId }) {
      await client.send(
        new SendMessageCommand({
          QueueUrl: queueUrl,
          MessageBody: body,
          ...(isFifo && { MessageGroupId: groupId, MessageDeduplicationId: randomUUID() }),
          ...(reason !== undefined && {
            MessageAttributes: { reason: { DataType: 'String', StringValue: reason } },
          }),
        }),
      );
    },
    sentBack: async () => (await receive(client, sourceUrl)).map(({ Body = '' }) => Body),
  };
}

describeDeadLetters('dead letters in SQS', () => inSqs('DeliveriesQueue'));
describeFifoDeadLetters('FIFO dead letters in SQS', () => inSqs('EventsQueue'));
