import { randomUUID } from 'node:crypto';
import {
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SendMessageCommandInput,
} from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { SqsDeadLetters } from '../../lib/aws/sqs/dead-letters.ts';
import type { QueueName } from '../../lib/operator/connection.ts';
import { type CliOptions, jsonOf } from './cli.ts';
import { useTablesOnlyRelay } from './tables-only-relay.ts';

const relay = useTablesOnlyRelay({ concurrent: true });

const EVENT = { orderKey: 'main/7-501', eventId: 'evt_01M86WVMXHG7RHAJ1ZPVK76BDE' };
const UNSTORED = { ...EVENT, fullEvent: { event: {}, payload: { bodyGzip: 'of somebody' } } };

/** Receives and deletes all messages of a queue. */
async function take(QueueUrl: string) {
  const { Messages = [] } = await relay().sqs.send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageSystemAttributeNames: ['All'] }),
  );
  for (const { ReceiptHandle } of Messages)
    await relay().sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  return Messages;
}

/** A FIFO queue returns the next messages of a group only after earlier ones are deleted. */
async function takeAll(url: string) {
  const all = await take(url);
  for (let more = all; more.length > 0; all.push(...more)) more = await take(url);
  return all;
}

const bodiesOn = async (url: string) => (await takeAll(url)).map(({ Body }) => Body);

const listSchema = z.object({
  items: z.array(z.looseObject({ messageId: z.string(), queue: z.string() })),
  approximateCount: z.number(),
});

/** The relay with queues of one test. */
async function ownQueues() {
  const { connection, cli } = await relay().withOwnQueues();
  const deadLetterUrl = (queue: QueueName) => connection.relay.deadLetterQueueUrls[queue];
  const dlq = (args: string, options?: CliOptions) => cli(['dlq', ...args.split(' ')], options);
  return {
    deadLetterUrl,
    sourceUrl: (queue: QueueName) => connection.relay.queueUrls[queue],
    dlq,
    list: async (args = '') => listSchema.parse(jsonOf(await dlq(`list --json ${args}`.trim()))),
    /** @returns its message id */
    async aLetter(
      queue: QueueName,
      body: unknown,
      parts: Partial<SendMessageCommandInput> = {},
    ): Promise<string> {
      const { MessageId = '' } = await relay().sqs.send(
        new SendMessageCommand({
          QueueUrl: deadLetterUrl(queue),
          MessageBody: typeof body === 'string' ? body : JSON.stringify(body),
          ...(queue === 'events' && {
            MessageGroupId: 'main/7-501',
            MessageDeduplicationId: randomUUID(),
          }),
          ...parts,
        }),
      );
      return MessageId;
    },
  };
}

describe.concurrent('dlq list', () => {
  it('says that the queues are empty', async () => {
    const { dlq } = await ownQueues();
    expect(await dlq('list')).toEqual({ exitCode: 0, out: 'The dead-letter queues are empty.\n', err: '' });
  });

  it('shows the key of the relay’s own messages, and the start of foreign ones', async () => {
    const { aLetter, dlq } = await ownQueues();
    const reason = { DataType: 'String', StringValue: 'body is not JSON' };
    const own = await aLetter('deliveries', { ...EVENT, endpointId: 'erp' });
    const foreign = await aLetter('events', `hello\n${'x'.repeat(100)}`, { MessageAttributes: { reason } });
    const whole = await aLetter('events', UNSTORED, { MessageGroupId: 'another' });

    const { exitCode, out } = await dlq('list');

    expect(exitCode).toBe(0);
    const [head, ...lines] = out.trimEnd().split('\n');
    expect(head).toMatch(/^QUEUE +MESSAGE +SENT +RECEIVED +REASON +CONTENT$/);
    expect(lines).toEqual([
      expect.stringMatching(`^events +${foreign} .* 1 +body is not JSON +hello.u000ax{54}$`),
      expect.stringMatching(
        `^events +${whole} .* 1 +received too many times +main/7-501 +${EVENT.eventId} +contains the event$`,
      ),
      expect.stringMatching(
        `^deliveries +${own} .* 1 +received too many times +main/7-501 +${EVENT.eventId} +to erp$`,
      ),
      '',
      '3 messages of about 3: SQS counts approximately, and hides messages that another receiver is processing.',
    ]);
    expect(out).not.toContain('somebody"');
  });

  it('leaves the messages where they are', async () => {
    const { aLetter, list } = await ownQueues();
    await aLetter('events', EVENT);
    await aLetter('deliveries', EVENT);

    const [before, now] = [await list(), await list()];

    expect(before.items.map(({ messageId }) => messageId)).toEqual(
      now.items.map(({ messageId }) => messageId),
    );
    expect(now).toMatchObject({
      items: [{ queue: 'events', key: { ...EVENT, holdsEvent: false } }, { queue: 'deliveries' }],
      approximateCount: 2,
    });
  });

  it('stops at the limit, and can be of one queue', async () => {
    const { aLetter, list } = await ownQueues();
    for (let count = 0; count < 3; count++) await aLetter('deliveries', EVENT);
    await aLetter('events', EVENT);

    expect(await list('--limit 2 --queue deliveries')).toMatchObject({
      items: [{}, {}],
      approximateCount: 3,
    });
    expect(await list('--queue events')).toMatchObject({
      items: [{ queue: 'events' }],
      approximateCount: 1,
    });
    expect((await list('--queue deliveries')).items).toHaveLength(3);
  });
});

describe.concurrent('dlq redrive', () => {
  it('sends all messages to their main queues, with their groups and in order', async () => {
    const { aLetter, dlq, list, sourceUrl } = await ownQueues();
    for (let count = 0; count < 12; count++) await aLetter('events', { count });
    const delivery = { ...EVENT, endpointId: 'erp' };
    await aLetter('deliveries', delivery);

    const { exitCode, out } = await dlq('redrive --all');

    expect(exitCode).toBe(0);
    expect(out).toMatch(/^13 messages are redriven\.\n/);
    expect(await list()).toEqual({ items: [], approximateCount: 0 });
    const events = await takeAll(sourceUrl('events'));
    expect(events.map(({ Body }) => Body)).toEqual(
      Array.from({ length: 12 }, (_, count) => JSON.stringify({ count })),
    );
    expect(events[0]?.Attributes).toMatchObject({ MessageGroupId: 'main/7-501' });
    expect(await bodiesOn(sourceUrl('deliveries'))).toEqual([JSON.stringify(delivery)]);
  });

  it('redrives one message, and leaves the others', async () => {
    const { aLetter, deadLetterUrl, dlq, sourceUrl } = await ownQueues();
    const [one] = [await aLetter('deliveries', 'one'), await aLetter('deliveries', 'other')];

    const { exitCode, out } = await dlq(`redrive --message-id ${one} --queue deliveries`);

    expect(exitCode).toBe(0);
    expect(out).toMatch(/^1 message is redriven\.\n/);
    expect(await bodiesOn(sourceUrl('deliveries'))).toEqual(['one']);
    expect(await bodiesOn(deadLetterUrl('deliveries'))).toEqual(['other']);
  });

  it('keeps a message whose queue refuses it', async () => {
    const { aLetter, deadLetterUrl } = await ownQueues();
    await aLetter('events', 'kept');
    const queueUrl = deadLetterUrl('events');
    const letters = new SqsDeadLetters({
      client: relay().sqs,
      queueUrl,
      sourceUrl: `${queueUrl}-that-is-not-there`,
    });
    const received = await letters.receive(20);

    await expect(Promise.all(received.map((letter) => letters.sendBack(letter)))).rejects.toThrow();

    await letters.giveBack(received);
    expect(await bodiesOn(deadLetterUrl('events'))).toEqual(['kept']);
  });

  it('stops when it is interrupted', async () => {
    const { aLetter, deadLetterUrl, dlq } = await ownQueues();
    await aLetter('deliveries', 'kept');

    const { exitCode, err } = await dlq('redrive --all', {
      interruption: AbortSignal.abort(),
    });

    expect(exitCode).toBe(1);
    expect(err).toContain('error: the command was interrupted');
    expect(await bodiesOn(deadLetterUrl('deliveries'))).toEqual(['kept']);
  });
});

describe.concurrent('dlq drop', () => {
  it('keeps messages with the only copy of an event', async () => {
    const { aLetter, dlq, list } = await ownQueues();
    await aLetter('events', UNSTORED);
    await aLetter('events', { fullEvent: 'of an odd form' }, { MessageGroupId: 'another' });
    await aLetter('events', EVENT, { MessageGroupId: 'a third' });
    await aLetter('deliveries', 'hello');

    const { exitCode, out } = await dlq('drop --all');

    expect(exitCode).toBe(0);
    expect(out).toMatch(
      /^2 messages are deleted\.\n2 messages are kept: they contain the only copy of an event, /,
    );
    expect((await list()).items).toMatchObject([
      { key: { holdsEvent: true } },
      { excerpt: '{"fullEvent":"of an odd form"}' },
    ]);
  });

  it('refuses to delete such a message by id without --include-full-events', async () => {
    const { aLetter, dlq, list } = await ownQueues();
    const id = await aLetter('events', UNSTORED);

    const { exitCode, err } = await dlq(`drop --message-id ${id}`);

    expect(exitCode).toBe(2);
    expect(err).toMatch(
      `error: the message ${id} contains the only copy of an event\n\`dlq redrive --message-id ${id}\``,
    );
    expect((await dlq(`drop --message-id ${id} --include-full-events`)).out).toBe('1 message is deleted.\n');
    expect((await list()).items).toEqual([]);
  });
});

describe.concurrent('an invalid dlq command', () => {
  it.each([
    ['redrive', '--message-id or --all is required'],
    ['drop', '--message-id or --all is required'],
    ['drop --all --message-id a', '--all cannot be combined with --message-id'],
    ['list --queue dead', '--queue must be events or deliveries'],
    ['list --limit 0', '--limit must be at least 1'],
    ['redrive --message-id nothing', 'there is no message nothing among the visible messages'],
  ])('is refused with exit code 2: %s', async (args, message) => {
    const { dlq } = await ownQueues();
    const { exitCode, out, err } = await dlq(args);

    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
    expect(err).toContain(`error: ${message}`);
  });
});
