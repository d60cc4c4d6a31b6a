import type { SQSRecord } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { sqsClient } from '../../../lib/aws/clients.ts';
import { extendVisibility, shortenVisibility } from '../../../lib/aws/sqs/visibility.ts';
import { MemoryTelemetry } from '../../memory/telemetry.ts';
import { type Answer, useStubService } from '../../node/http/stub-service.ts';
import { useEmbedded } from '../../ports/embedded.ts';
import { receive, receivedRecords } from './received-record.ts';

const embedded = useEmbedded();
const serve = useStubService();
const aReceivedRecord = receivedRecords(embedded);

const NOW = new Date('2026-03-01T12:00:00.000Z');
const inGroup = { MessageGroupId: 'group', MessageDeduplicationId: 'id' };

/** Received once, a moment ago, unless it says otherwise. */
function aRecord({ receives = 1, secondsAgo = 1, receiptHandle = 'receipt' }): SQSRecord {
  return {
    messageId: receiptHandle,
    receiptHandle,
    body: '',
    attributes: {
      ApproximateReceiveCount: String(receives),
      SentTimestamp: '0',
      SenderId: '',
      ApproximateFirstReceiveTimestamp: String(NOW.getTime() - secondsAgo * 1_000),
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: '',
    awsRegion: 'us-east-1',
  };
}

async function aQueue(answer: Answer) {
  const service = await serve(() => answer);
  const client = sqsClient({ ...service.config, maxAttempts: 1 });
  return { queue: { client, queueUrl: 'https://queue', telemetry: new MemoryTelemetry() }, service };
}

const DONE = { body: { Successful: [], Failed: [] } };

describe('shortenVisibility', () => {
  it('brings messages back within seconds', async () => {
    const records = await Promise.all([1, 2].map(() => aReceivedRecord('DeliveriesQueue')));
    const service = await serve(() => ({ body: { Successful: [{ Id: '0' }, { Id: '1' }], Failed: [] } }));
    const telemetry = new MemoryTelemetry();

    await shortenVisibility(
      { client: sqsClient(service.config), queueUrl: 'https://queue', telemetry },
      records,
    );

    expect(service.inputs).toMatchObject([
      {
        Entries: records.map(({ receiptHandle }) => ({ ReceiptHandle: receiptHandle, VisibilityTimeout: 5 })),
      },
    ]);
    expect(telemetry.log).toEqual([]);
  });

  it('waits longer for a message that has come back often', async () => {
    const { queue, service } = await aQueue(DONE);

    await shortenVisibility(queue, [aRecord({ receives: 3 }), aRecord({ receives: 40 })]);

    expect(service.inputs).toMatchObject([
      { Entries: [{ VisibilityTimeout: 20 }, { VisibilityTimeout: 300 }] },
    ]);
  });

  it('is understood by SQS', async () => {
    const record = await aReceivedRecord('EventsQueue', inGroup);
    const telemetry = new MemoryTelemetry();

    await shortenVisibility({ client: embedded().sqs, queueUrl: record.queueUrl, telemetry }, [record]);

    expect(telemetry.log).toEqual([]);
  });

  it('survives that a message is gone', async () => {
    const record = await aReceivedRecord('DeliveriesQueue');
    const telemetry = new MemoryTelemetry();
    const gone = { ...record, receiptHandle: 'gone' };

    await shortenVisibility({ client: embedded().sqs, queueUrl: record.queueUrl, telemetry }, [gone]);

    expect(telemetry.log).toMatchObject([{ level: 'warn', fields: { messages: 1 } }]);
  });
});

describe('extendVisibility', () => {
  const invocation = { now: NOW, remainingMs: 59_500, hasLeases: true };

  it('makes no call for a batch that starts in time, and that nobody received before', async () => {
    const { queue, service } = await aQueue(DONE);

    expect(await extendVisibility(queue, [aRecord({}), aRecord({ secondsAgo: 9 })], invocation)).toEqual([]);

    expect(service.inputs).toEqual([]);
  });

  it.each([
    ['starts late', { secondsAgo: 11 }],
    ['was received before', { receives: 2 }],
  ])(
    'hides a whole batch until 20 seconds after the function has ended when a message %s',
    async (_, parts) => {
      const { queue, service } = await aQueue(DONE);

      expect(await extendVisibility(queue, [aRecord({}), aRecord(parts)], invocation)).toEqual([]);

      expect(service.inputs).toMatchObject([
        { Entries: [{ VisibilityTimeout: 80 }, { VisibilityTimeout: 80 }] },
      ]);
    },
  );

  it('gives the messages whose receipt has expired', async () => {
    const records = ['kept', 'expired'].map((receiptHandle) => aRecord({ receiptHandle, secondsAgo: 300 }));
    const Failed = [{ Id: '1', SenderFault: true, Code: 'InvalidParameterValue' }];
    const { queue } = await aQueue({ body: { Successful: [{ Id: '0' }], Failed } });

    expect(await extendVisibility(queue, records, invocation)).toEqual(records.slice(1));

    expect(queue.telemetry.log).toMatchObject([{ level: 'warn', fields: { messages: 1 } }]);
  });

  it.each([
    ['fails', { status: 500, body: {} }],
    ['fails for a message', { body: { Failed: [{ Id: '0', SenderFault: false, Code: 'InternalError' }] } }],
  ])('lets the work go on when SQS %s', async (_, answer) => {
    const { queue } = await aQueue(answer);

    expect(await extendVisibility(queue, [aRecord({ receives: 2 })], invocation)).toEqual([]);

    expect(queue.telemetry.log).toMatchObject([{ level: 'error', fields: { messages: 1 } }]);
  });

  it.each([
    ['fails', { status: 500, body: {} }],
    ['fails for them', { body: { Failed: ['0', '1'].map((Id) => ({ Id, SenderFault: false })) } }],
  ])('leaves the messages that may become visible when SQS %s and there are no leases', async (_, answer) => {
    const { queue } = await aQueue(answer);
    const records = [aRecord({ receives: 2 }), aRecord({})];

    expect(await extendVisibility(queue, records, { ...invocation, hasLeases: false })).toEqual([records[0]]);
  });

  it.each([
    ['FIFO', 'EventsQueue', inGroup],
    ['standard', 'DeliveriesQueue', {}],
  ] as const)('is understood by SQS, which tells a receipt that has expired: %s', async (_, like, parts) => {
    const record = await aReceivedRecord(like, parts);
    const client = embedded().sqs;
    const queue = { client, queueUrl: record.queueUrl, telemetry: new MemoryTelemetry() };

    expect(await extendVisibility(queue, [record], invocation)).toEqual([]);
    expect(await receive(client, record.queueUrl)).toEqual([]);

    const expired = { ...record, receiptHandle: 'expired' };
    expect(await extendVisibility(queue, [expired], invocation)).toEqual([expired]);
  });
});
