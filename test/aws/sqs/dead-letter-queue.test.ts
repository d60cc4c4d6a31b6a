import { describe, expect, it } from 'vitest';
import { sqsClient } from '../../../lib/aws/clients.ts';
import { DeadLetterQueue } from '../../../lib/aws/sqs/dead-letter-queue.ts';
import { MemoryTelemetry } from '../../memory/telemetry.ts';
import { useStubService } from '../../node/http/stub-service.ts';
import { useEmbedded } from '../../ports/embedded.ts';
import { receive, receivedRecords } from './received-record.ts';

const embedded = useEmbedded();
const serve = useStubService();
const aReceivedRecord = receivedRecords(embedded);

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
