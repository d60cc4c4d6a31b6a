import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { sqsClient } from '../../../lib/aws/clients.ts';
import { SqsDeliveryQueue } from '../../../lib/aws/sqs/delivery-queue.ts';
import { SqsEventQueue } from '../../../lib/aws/sqs/event-queue.ts';
import { orderKeyOf, sha256Hex } from '../../../lib/relay/model/ids.ts';
import { MemoryTelemetry } from '../../memory/telemetry.ts';
import { type Input, type StubService, useStubService } from '../../node/http/stub-service.ts';
import { aDelivery, anEndpointId, anEvent, aSource } from '../../ports/builders.ts';

const serve = useStubService();

function optionsFor({ config }: StubService) {
  const client = sqsClient({ ...config, maxAttempts: 1 });
  return { client, queueUrl: `${config.endpoint}/000000000000/queue`, telemetry: new MemoryTelemetry() };
}

const batchSchema = z.object({
  Entries: z.array(z.looseObject({ Id: z.string(), MessageBody: z.string() })),
});
const entriesOf = (input: Input | undefined) => batchSchema.parse(input).Entries;

/** The answer of SQS to a batch of which it refuses some entries. */
function acceptAllBut(input: Input, refused: readonly string[]) {
  const entries = entriesOf(input);
  const accepted = entries.filter(({ Id }) => !refused.includes(Id));
  return {
    body: {
      Successful: accepted.map(({ Id, MessageBody }) => ({
        Id,
        MessageId: Id,
        MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex'),
      })),
      Failed: refused.map((Id) => ({ Id, Code: 'InternalError', SenderFault: false })),
    },
  };
}

describe('the event queue', () => {
  it('groups by order, and takes the event id for deduplication', async () => {
    const service = await serve(({ MessageBody }) => ({
      body: { MessageId: '1', MD5OfMessageBody: createHash('md5').update(String(MessageBody)).digest('hex') },
    }));
    const short = anEvent({ orderKey: orderKeyOf(aSource, '12345') });
    const long = anEvent({ orderKey: orderKeyOf(aSource, 'o'.repeat(200)) });
    const queue = new SqsEventQueue(optionsFor(service));

    await queue.send(short);
    await queue.send(long);

    expect(service.inputs).toMatchObject([
      { MessageGroupId: 'main/12345', MessageDeduplicationId: short.eventId },
      { MessageGroupId: sha256Hex(long.orderKey), MessageDeduplicationId: long.eventId },
    ]);
  });

  it('sends again in tens, each message under an id of its own', async () => {
    const service = await serve((input) => acceptAllBut(input, []));
    const events = Array.from({ length: 21 }, () => anEvent());

    await new SqsEventQueue(optionsFor(service)).enqueueAgain(events);

    const batches = service.inputs.map(entriesOf);
    expect(batches.map((entries) => entries.length).sort()).toEqual([1, 10, 10]);
    expect(new Set(batches.flat().map((entry) => entry.MessageDeduplicationId)).size).toBe(21);
  });

  it('gives up on a queue that does not answer within a second', async () => {
    const service = await serve(() => 'silence');
    const startedMs = performance.now();

    await expect(new SqsEventQueue(optionsFor(service)).send(anEvent())).rejects.toThrow();

    expect(performance.now() - startedMs).toBeLessThan(1_900);
  });

  it('rejects when the queue refuses', async () => {
    const service = await serve(() => ({ status: 400, body: { __type: 'QueueDoesNotExist' } }));

    await expect(new SqsEventQueue(optionsFor(service)).send(anEvent())).rejects.toThrow();
  });
});

describe('the delivery queue', () => {
  const deliveries = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      ...aDelivery({ endpointId: anEndpointId(`endpoint-${index}`) }),
      delaySeconds: index,
    }));

  it('groups by endpoint, so that the quiet go before the busy', async () => {
    const service = await serve((input) => acceptAllBut(input, []));
    const [quiet, loud] = [anEndpointId('erp'), anEndpointId('ünï')].map((endpointId) => ({
      ...aDelivery({ endpointId }),
      delaySeconds: 5,
    }));

    await new SqsDeliveryQueue(optionsFor(service)).send([quiet, loud].flatMap((one) => one ?? []));

    expect(entriesOf(service.inputs[0])).toMatchObject([
      { MessageGroupId: 'erp', DelaySeconds: 5 },
      { MessageGroupId: sha256Hex('ünï'), DelaySeconds: 5 },
    ]);
  });

  it('gives back the entries that SQS refused', async () => {
    const service = await serve((input) => acceptAllBut(input, ['1', '3']));
    const messages = deliveries(5);
    const options = optionsFor(service);

    const failed = await new SqsDeliveryQueue(options).send(messages);

    expect(failed).toEqual([messages[1], messages[3]]);
    expect(options.telemetry.log).toMatchObject([
      { level: 'error', fields: { messages: 2 }, error: new Error('SQS answered InternalError') },
    ]);
  });

  it('gives back a whole batch that could not be sent, and no other', async () => {
    const service = await serve((input) =>
      entriesOf(input).length === 10 ? { status: 500, body: {} } : acceptAllBut(input, []),
    );
    const messages = deliveries(13);
    const options = optionsFor(service);

    expect(await new SqsDeliveryQueue(options).send(messages)).toEqual(messages.slice(0, 10));
    expect(options.telemetry.log).toMatchObject([{ level: 'error', fields: { messages: 10 } }]);
  });
});
