import type { SQSRecord } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import type { Parsed } from '../../../lib/aws/sqs/parse-messages.ts';
import { handleBatch } from '../../../lib/aws/sqs/sqs-batch.ts';

interface Message {
  readonly name: string;
}

/** `bad` is foreign; everything else is a message of that name. */
const parse = ({ body: name }: SQSRecord): Parsed<Message> =>
  name === 'bad' ? { kind: 'foreign', reason: 'is bad' } : { kind: 'message', message: { name } };

let sequence = 0;

function aRecord(body: string, group?: string): SQSRecord {
  sequence += 1;
  return {
    messageId: `${body}-${sequence}`,
    receiptHandle: `receipt-${sequence}`,
    body,
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: '1772366400000',
      SenderId: 'sender',
      ApproximateFirstReceiveTimestamp: '1772366400000',
      ...(group !== undefined && { MessageGroupId: group, SequenceNumber: String(sequence) }),
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:queue',
    awsRegion: 'us-east-1',
  };
}

/** Handles the batch with a worker that leaves the named messages unfinished, and rejects `hopeless`. */
async function handle(
  records: SQSRecord[],
  unfinished: readonly string[],
  { deadLettersWork = true, expired = [] }: { deadLettersWork?: boolean; expired?: SQSRecord[] } = {},
) {
  const worked: string[] = [];
  const dead: string[] = [];
  const returned: SQSRecord[] = [];
  const { batchItemFailures } = await handleBatch<Message>(
    { Records: records },
    {
      parse,
      async work(messages, reject) {
        worked.push(...messages.map(({ name }) => name));
        for (const message of messages) if (message.name === 'hopeless') reject(message, 'cannot be stored');
        return messages.filter(({ name }) => unfinished.includes(name));
      },
      deadLetters: {
        async put({ messageId }, reason) {
          dead.push(`${messageId}: ${reason}`);
          return deadLettersWork;
        },
      },
      async extendVisibility(those) {
        return those.filter((record) => expired.includes(record));
      },
      async onReturn(those) {
        returned.push(...those);
      },
    },
  );
  return { worked, dead, returned, failed: batchItemFailures.map(({ itemIdentifier }) => itemIdentifier) };
}

const idsOf = (records: readonly SQSRecord[]) => records.map(({ messageId }) => messageId);

describe('handleBatch', () => {
  it('works all messages off and returns none', async () => {
    const { worked, failed, returned } = await handle([aRecord('a'), aRecord('b')], []);

    expect(worked).toEqual(['a', 'b']);
    expect(failed).toEqual([]);
    expect(returned).toEqual([]);
  });

  it('returns the unfinished ones, and says so to who brings them back', async () => {
    const records = [aRecord('a'), aRecord('b'), aRecord('c')];

    const { failed, returned } = await handle(records, ['b']);

    expect(failed).toEqual(idsOf(records.slice(1, 2)));
    expect(returned).toEqual(records.slice(1, 2));
  });

  it('returns with an unfinished one every later one of its group in a FIFO queue, and none of another', async () => {
    const records = [aRecord('a', 'x'), aRecord('b', 'x'), aRecord('c', 'y'), aRecord('d', 'x')];

    const { failed } = await handle(records, ['b']);

    expect(failed).toEqual(idsOf([1, 3].flatMap((index) => records[index] ?? [])));
  });

  it('returns an unfinished one alone in a fair queue, whose groups have no order', async () => {
    const records = ['a', 'b'].map((name) => {
      const record = aRecord(name);
      return { ...record, attributes: { ...record.attributes, MessageGroupId: 'erp' } };
    });

    const { failed } = await handle(records, ['a']);

    expect(failed).toEqual(idsOf(records.slice(0, 1)));
  });

  it('moves a foreign message to the dead letters, and works the others off', async () => {
    const records = [aRecord('bad'), aRecord('a')];

    const { worked, dead, failed } = await handle(records, []);

    expect(dead).toEqual([`${records[0]?.messageId}: is bad`]);
    expect(worked).toEqual(['a']);
    expect(failed).toEqual([]);
  });

  it('returns a foreign message that could not be moved', async () => {
    const records = [aRecord('bad'), aRecord('a')];

    const { failed } = await handle(records, [], { deadLettersWork: false });

    expect(failed).toEqual(idsOf(records.slice(0, 1)));
  });

  it('moves a message that the work rejects to the dead letters, with the reason', async () => {
    const records = [aRecord('hopeless'), aRecord('a')];

    const { dead, failed } = await handle(records, []);

    expect(dead).toEqual([`${records[0]?.messageId}: cannot be stored`]);
    expect(failed).toEqual([]);
  });

  it('returns a rejected message that could not be moved', async () => {
    const records = [aRecord('hopeless'), aRecord('a')];

    const { failed } = await handle(records, [], { deadLettersWork: false });

    expect(failed).toEqual(idsOf(records.slice(0, 1)));
  });

  it('does not work on a message whose receipt has expired, nor lets Lambda delete it', async () => {
    const records = [aRecord('a'), aRecord('b')];

    const { worked, failed, returned } = await handle(records, [], { expired: records.slice(0, 1) });

    expect(worked).toEqual(['b']);
    expect(failed).toEqual(idsOf(records.slice(0, 1)));
    expect(returned).toEqual([]);
  });

  it('leaves with it every later one of its group in a FIFO queue, and brings those back', async () => {
    const records = [aRecord('a', 'x'), aRecord('b', 'x'), aRecord('c', 'y')];

    const { worked, failed, returned } = await handle(records, [], { expired: records.slice(0, 1) });

    expect(worked).toEqual(['c']);
    expect(failed).toEqual(idsOf(records.slice(0, 2)));
    expect(returned).toEqual(records.slice(1, 2));
  });

  it('does not touch a foreign message whose receipt has expired', async () => {
    const records = [aRecord('bad')];

    const { dead, failed } = await handle(records, [], { expired: records });

    expect(dead).toEqual([]);
    expect(failed).toEqual(idsOf(records));
  });

  it('tells two messages of the same content apart', async () => {
    const records = [aRecord('a'), aRecord('a')];

    const { worked, failed } = await handle(records, []);

    expect(worked).toEqual(['a', 'a']);
    expect(failed).toEqual([]);
  });

  it('waits for a foreign message to be moved, even when the work has failed', async () => {
    const moving = Promise.withResolvers<boolean>();
    let isOver = false;
    const handled = handleBatch<Message>(
      { Records: [aRecord('bad'), aRecord('a')] },
      {
        parse,
        work: () => Promise.reject(new Error('work failed')),
        deadLetters: { put: () => moving.promise },
      },
    );
    const over = handled.catch(() => {
      isOver = true;
    });

    await new Promise((resolve) => setImmediate(resolve));
    expect(isOver).toBe(false);

    moving.resolve(true);
    await over;
    await expect(handled).rejects.toThrow('work failed');
  });
});
