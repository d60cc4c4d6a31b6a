import { describe, expect, it } from 'vitest';
import { SQS } from '../../lib/contract/service-limits.ts';
import { aRelay } from './a-relay.ts';
import { aFunction, aMapping, aQueue } from './a-template.ts';
import { aGate } from './gate.ts';

const VISIBILITY_SECONDS = 2;
/** On a busy machine, a batch may take longer than {@link VISIBILITY_SECONDS}. */
const LONG_VISIBILITY_SECONDS = 30;

function aConsumer(handler: string, lambda = {}, mapping = {}, VisibilityTimeout = VISIBILITY_SECONDS) {
  return {
    Queue: aQueue({ VisibilityTimeout }),
    Consumer: aFunction(handler, lambda),
    Map: aMapping('Queue', 'Consumer', mapping),
  };
}

describe('an event source mapping', () => {
  it('gives the function records as Lambda makes them', async () => {
    const { send, received } = await aRelay(aConsumer('reports-records.ts'));

    await send('hello');

    await expect.poll(() => received()).toHaveLength(1);
    expect(received()[0]?.record).toEqual({
      messageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      receiptHandle: expect.any(String),
      body: 'hello',
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: expect.stringMatching(/^\d{13}$/),
        SenderId: expect.any(String),
        ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
      },
      messageAttributes: {},
      md5OfBody: '5d41402abc4b2a76b9719d911017c592',
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:Queue',
      awsRegion: 'us-east-1',
    });
  });

  it('redelivers of a batch only what failed, when its visibility timeout is over', async () => {
    const { send, received } = await aRelay(aConsumer('reports-records.ts'));

    await send('a', 'fails', 'b');

    await expect.poll(() => received()).toHaveLength(4);
    const again = received().at(-1);
    expect(again?.record).toMatchObject({ body: 'fails', attributes: { ApproximateReceiveCount: '2' } });
    const firstReceivedMs = Number(again?.record.attributes.ApproximateFirstReceiveTimestamp);
    expect((again?.atMs ?? 0) - firstReceivedMs).toBeGreaterThanOrEqual(VISIBILITY_SECONDS * 1_000);
    // A message that comes after all that was due shows that nothing else came back.
    await send('last');
    await expect.poll(() => received().at(-1)?.record.body).toBe('last');
    expect(received()).toHaveLength(5);
  });

  it('gathers more than ten messages within its window', async () => {
    const mapping = { BatchSize: 100, MaximumBatchingWindowInSeconds: 1 };
    const { send, received, queued } = await aRelay(
      aConsumer('reports-records.ts', {}, mapping, LONG_VISIBILITY_SECONDS),
    );
    const bodies = Array.from({ length: 25 }, (_, number) => `message ${number}`);

    for (const from of [0, 10, 20]) await send(...bodies.slice(from, from + 10));

    await expect.poll(() => received()).toHaveLength(25);
    expect(
      received()
        .map(({ record }) => record.body)
        .sort(),
    ).toEqual([...bodies].sort());
    // All messages of the batch are deleted, also when there are more than ten.
    await expect.poll(queued).toBe(0);
    expect(received()).toHaveLength(25);
  });

  it('redelivers a whole batch whose function was stopped at its timeout', async () => {
    const { send, received } = await aRelay(aConsumer('reports-records.ts', { Timeout: 1 }));

    await send('a', 'hangs');

    await expect.poll(() => received().filter(({ record }) => record)).toHaveLength(4);
    const again = received().filter(({ record }) => record?.attributes.ApproximateReceiveCount === '2');
    expect(again.map(({ record }) => record.body).sort()).toEqual(['a', 'hangs']);
  });

  it.each([
    ['the mapping allows', { ofMapping: 2, ofEmulator: 8 }],
    ['the emulator is told', { ofMapping: 8, ofEmulator: 2 }],
  ])('runs no more batches at once than %s', async (_, { ofMapping, ofEmulator }) => {
    const gate = await aGate();
    const mapping = { BatchSize: 1, ScalingConfig: { MaximumConcurrency: ofMapping } };
    const { send } = await aRelay(aConsumer('asks-first.ts', {}, mapping, LONG_VISIBILITY_SECONDS), {
      concurrency: ofEmulator,
    });

    await send(gate.url, gate.url, gate.url, gate.url);
    await expect.poll(() => gate.waiting).toBe(2);
    gate.open();
    await expect.poll(() => gate.arrived).toBe(3);
    gate.open();
    await expect.poll(() => gate.arrived).toBe(4);

    expect(gate.mostWaiting).toBe(2);
    gate.open();
    gate.open();
  });

  it('takes a message at once when it comes, not at the end of a wait', async () => {
    const { send, received } = await aRelay(aConsumer('reports-records.ts'));
    await send('first');
    await expect.poll(() => received()).toHaveLength(1);

    const sentAtMs = Date.now();
    await send('second');
    await expect.poll(() => received()).toHaveLength(2);

    expect((received()[1]?.atMs ?? 0) - sentAtMs).toBeLessThan((SQS.longPollSeconds * 1_000) / 2);
  });
});
