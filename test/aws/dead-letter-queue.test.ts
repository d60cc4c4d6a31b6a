import {
  ReceiveMessageCommand,
  SendMessageCommand,
  type SendMessageCommandInput,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { sqsClient } from '../../lib/aws/clients.ts';
import { DeadLetterQueue } from '../../lib/aws/dead-letter-queue.ts';
import { returnSoon } from '../../lib/aws/visibility.ts';
import { MemoryTelemetry } from '../memory/telemetry.ts';
import { useEmbedded } from '../ports/embedded.ts';
import { useStubService } from './stub-service.ts';

const embedded = useEmbedded();
const serve = useStubService();

async function receive(client: SQSClient, queueUrl: string) {
  const { Messages = [] } = await client.send(
    new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: 10,
      MessageAttributeNames: ['All'],
      MessageSystemAttributeNames: ['All'],
    }),
  );
  return Messages;
}

/** A message as Lambda would hand it over, received from a queue of its own. */
async function aReceivedRecord(
  like: 'EventsQueue' | 'DeliveriesQueue',
  parts: Partial<SendMessageCommandInput> = {},
): Promise<SQSRecord & { readonly queueUrl: string }> {
  const client = embedded().sqs;
  const queueUrl = await embedded().newQueue(like);
  await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: 'hello', ...parts }));
  const [message] = await receive(client, queueUrl);
  const { MessageGroupId, SequenceNumber } = message?.Attributes ?? {};
  return {
    queueUrl,
    messageId: message?.MessageId ?? '',
    receiptHandle: message?.ReceiptHandle ?? '',
    body: message?.Body ?? '',
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: '0',
      SenderId: '',
      ApproximateFirstReceiveTimestamp: '0',
      ...(MessageGroupId !== undefined && { MessageGroupId }),
      ...(SequenceNumber !== undefined && { SequenceNumber }),
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: '',
    awsRegion: 'us-east-1',
  };
}

const inGroup = { MessageGroupId: 'group', MessageDeduplicationId: 'id' };

describe('the dead-letter queue', () => {
  it.each([
    ['FIFO', 'EventsQueue', 'EventsDeadLetterQueue', inGroup],
    ['standard', 'DeliveriesQueue', 'DeliveriesDeadLetterQueue', {}],
  ] as const)('keeps a foreign message with its reason: %s', async (_, from, to, parts) => {
    const record = await aReceivedRecord(from, parts);
    const client = embedded().sqs;
    const queueUrl = await embedded().newQueue(to);
    const telemetry = new MemoryTelemetry();

    const put = await new DeadLetterQueue({ client, queueUrl, telemetry }).put(record, 'body is not JSON');

    expect(put).toBe(true);
    expect(await receive(client, queueUrl)).toMatchObject([
      {
        Body: 'hello',
        MessageAttributes: { reason: { DataType: 'String', StringValue: 'body is not JSON' } },
      },
    ]);
    expect(telemetry.counts.get('ForeignMessages')).toBe(1);
  });

  it('keeps a foreign message once, though it is put twice', async () => {
    const record = await aReceivedRecord('EventsQueue', inGroup);
    const client = embedded().sqs;
    const queueUrl = await embedded().newQueue('EventsDeadLetterQueue');
    const queue = new DeadLetterQueue({ client, queueUrl, telemetry: new MemoryTelemetry() });

    await queue.put(record, 'body is not JSON');
    await queue.put(record, 'body is not JSON');

    expect(await receive(client, queueUrl)).toHaveLength(1);
  });

  it('says so when it cannot be reached', async () => {
    const record = await aReceivedRecord('DeliveriesQueue');
    const { config } = await serve(() => ({ status: 500, body: {} }));
    const telemetry = new MemoryTelemetry();
    const client = sqsClient({ ...config, maxAttempts: 1 });
    const queueUrl = `${config.endpoint}/000000000000/dead`;

    expect(await new DeadLetterQueue({ client, queueUrl, telemetry }).put(record, 'foreign')).toBe(false);
    expect(telemetry.log.map(({ level }) => level)).toEqual(['warn', 'error']);
  });
});

describe('returnSoon', () => {
  it('brings messages back within seconds', async () => {
    const records = await Promise.all([1, 2].map(() => aReceivedRecord('DeliveriesQueue')));
    const service = await serve(() => ({ body: { Successful: [{ Id: '0' }, { Id: '1' }], Failed: [] } }));
    const telemetry = new MemoryTelemetry();

    await returnSoon({ client: sqsClient(service.config), queueUrl: 'https://queue', telemetry }, records);

    expect(service.inputs).toMatchObject([
      {
        Entries: records.map(({ receiptHandle }) => ({ ReceiptHandle: receiptHandle, VisibilityTimeout: 5 })),
      },
    ]);
    expect(telemetry.log).toEqual([]);
  });

  it('is understood by SQS', async () => {
    const record = await aReceivedRecord('EventsQueue', inGroup);
    const telemetry = new MemoryTelemetry();

    await returnSoon({ client: embedded().sqs, queueUrl: record.queueUrl, telemetry }, [record]);

    expect(telemetry.log).toEqual([]);
  });

  it('survives that a message is gone', async () => {
    const record = await aReceivedRecord('DeliveriesQueue');
    const telemetry = new MemoryTelemetry();
    const gone = { ...record, receiptHandle: 'gone' };

    await returnSoon({ client: embedded().sqs, queueUrl: record.queueUrl, telemetry }, [gone]);

    expect(telemetry.log).toMatchObject([{ level: 'warn', fields: { messages: 1 } }]);
  });
});
