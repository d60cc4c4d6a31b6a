import { randomBytes, randomUUID } from 'node:crypto';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { beforeAll, describe, expect, it } from 'vitest';
import { addEndpoint } from '../../lib/operator/endpoints/endpoints.ts';
import { listEvents, showEvent } from '../../lib/operator/events/events.ts';
import { addSource } from '../../lib/operator/sources/sources.ts';
import { outcomeTexts } from '../relay/outcome-texts.ts';
import { messageCount, takeAll } from './a-queue.ts';
import { type Arrival, type Receiver, startReceiver } from './a-receiver.ts';
import { useRunningRelay } from './a-running-relay.ts';
import { anOrder, send, sendAccepted } from './the-hub.ts';

/** Rows as somebody may type them in the console, each wrong in its own way; the id is the receiver's path. */
const WRONG_ROWS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  '/no-host': { url: 'http://' },
  '/no-protocol': { url: 'erp.example.com/hook' },
  '/other-protocol': { url: 'ftp://erp.example.com/hook' },
  '/url-is-a-number': { url: 42 },
  '/url-is-misspelt': { URL: 'http://127.0.0.1/hook' },
  '/timeout-is-text': { timeoutSeconds: '10' },
  '/timeout-is-too-long': { timeoutSeconds: 31 },
  '/sources-is-text': { sources: 'hub' },
  '/state-is-unknown': { state: 'on' },
  '/unknown-attribute': { retries: 3 },
};

const WRONG_SOURCES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'without-token': {},
  'token-is-a-number': { tokenSha256: 42 },
  'token-is-no-hash': { tokenSha256: 'secret' },
  'enabled-is-text': { tokenSha256: '0'.repeat(64), enabled: 'true' },
  'spaces in its id': { tokenSha256: '1'.repeat(64) },
};

const relay = useRunningRelay();
let receiver: Receiver;
/** Of a source that has the endpoint `/right`, and those whose rows are wrong. */
let address: string;
/** Of a source that is not meant to store anything. */
let quietAddress: string;
beforeAll(async () => {
  const { connection } = relay();
  receiver = await startReceiver();
  await addEndpoint(connection, '/right', { url: `${receiver.url}/right` });
  for (const [id, attributes] of Object.entries(WRONG_ROWS)) {
    await connection.configWriter.add('endpoint', id, { url: receiver.url + id, ...attributes });
  }
  for (const [id, attributes] of Object.entries(WRONG_SOURCES)) {
    await connection.configWriter.add('source', id, attributes);
  }
  ({ address } = await addSource(connection, 'hub'));
  ({ address: quietAddress } = await addSource(connection, 'quiet'));
  return () => receiver.stop();
});

function arrivalsAt(path: string, eventId: string): Arrival[] {
  return receiver.arrivals.filter((arrival) => arrival.path === path && arrival.eventId === eventId);
}

/** Waits until the endpoint that has nothing wrong with it has got an event. */
async function arrivalOf(eventId: string): Promise<Arrival | undefined> {
  await expect.poll(() => arrivalsAt('/right', eventId).length).toBe(1);
  return arrivalsAt('/right', eventId)[0];
}

async function storedOfQuietSource() {
  return (await listEvents(relay().connection, { limit: 100, source: 'quiet' })).items;
}

describe('the webhook address', () => {
  it.each(['POST', 'PUT', 'GET', 'HEAD', 'DELETE'])(
    'tells a wrong token by %s no more than any unknown path',
    async (method) => {
      const unknownPath = await send(`${relay().url}/nothing/here?orderid=`, { method });

      const [, token = ''] = /webhooks\/(.+)\?/.exec(address) ?? [];
      const wrongToken = token.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
      for (const wrong of [wrongToken, token.toLowerCase(), `${token}/more`, `more/${token}`, '%00', 'a']) {
        const answer = await send(`${relay().url}/webhooks/${wrong}?orderid=`, { method, orderId: '7-501' });

        expect(answer).toEqual(unknownPath);
        expect(answer.status).toBe(404);
      }
    },
  );

  it.each(['POST', 'PUT', 'GET', 'OPTIONS', 'DELETE'])(
    'can be tried out by %s: nothing is stored of it',
    async (method) => {
      const answer = await send(quietAddress, { method });

      expect(answer.status).toBe(200);
      expect(JSON.parse(answer.text)).toEqual({ message: expect.stringMatching(/address works/) });
      expect(await storedOfQuietSource()).toEqual([]);
    },
  );

  it.each(['GET', 'HEAD'])('stores nothing of a %s, also with an order id', async (method) => {
    const answer = await send(quietAddress, { method, orderId: '7-501' });

    expect(answer.status).toBe(200);
    expect(answer.text).toMatch(method === 'GET' ? /address works/ : /^$/);
    expect(await storedOfQuietSource()).toEqual([]);
  });

  it.each(['POST', 'PUT'])('takes webhooks by %s', async (method) => {
    const body = anOrder('7-501');

    const arrival = await arrivalOf(await sendAccepted(address, { method, body }));

    expect(arrival?.method).toBe('POST');
    expect(arrival?.body.equals(body)).toBe(true);
  });

  it.each([
    ['with a slash before the query', (plain: string) => plain.replace('?', '/?')],
    ['with the parameter in another case', (plain: string) => plain.replace('?orderid=', '?OrderId=')],
    ['with another parameter before', (plain: string) => plain.replace('?', '?x=1&')],
    ['with an empty parameter before', (plain: string) => plain.replace('?', '?orderid=&')],
  ])('works %s', async (_, changed) => {
    const arrival = await arrivalOf(await sendAccepted(changed(address), { orderId: '7-502' }));

    expect(arrival?.url).toBe('/right?orderid=7-502');
  });

  it('refuses with 413 and the reason what cannot be stored even compressed', async () => {
    const answer = await send(quietAddress, { orderId: '7-503', body: randomBytes(1024 * 1024) });

    expect(answer.status).toBe(413);
    expect(JSON.parse(answer.text)).toEqual({ message: expect.stringMatching(/larger than 400 KB/) });
    expect(await storedOfQuietSource()).toEqual([]);
  });
});

/** Bodies of messages that nothing of the relay has sent, by what is wrong with them for both queues. */
const FOREIGN_BODIES: readonly string[] = [
  'hello',
  '{"orderKey":"hub/7"',
  'null',
  '[]',
  '{}',
  '{"orderKey":"hub/7","eventId":7,"endpointId":"/right"}',
  '{"orderKey":"hub/7","eventId":"evt_7","endpointId":"/right"}',
  '{"Records":[{"eventSource":"aws:s3","body":"Zürich"}]}',
  '['.repeat(100_000),
];

describe('a message that is not ours', () => {
  it.each([
    ['events.fifo', 'EventsQueueUrl', 'EventsDeadLetterQueueUrl'],
    ['deliveries', 'DeliveriesQueueUrl', 'DeliveriesDeadLetterQueueUrl'],
  ] as const)('goes from %s to the dead-letter queue, once and with the reason', async (_, from, to) => {
    const { sqs, queues } = relay();

    for (const MessageBody of FOREIGN_BODIES) {
      const fifo = { MessageGroupId: randomUUID(), MessageDeduplicationId: randomUUID() };
      const command = { QueueUrl: queues[from], MessageBody, ...(from === 'EventsQueueUrl' && fifo) };
      await sqs.send(new SendMessageCommand(command));
    }

    await expect.poll(() => messageCount(sqs, queues[from])).toBe(0);
    expect(await messageCount(sqs, queues[to])).toBe(FOREIGN_BODIES.length);
    const dead = await takeAll(sqs, queues[to]);
    expect(dead.map(({ Body }) => Body).sort()).toEqual([...FOREIGN_BODIES].sort());
    for (const { MessageAttributes } of dead) {
      expect(MessageAttributes?.reason?.StringValue).toMatch(/JSON|must be|expected|Invalid/);
    }
  });

  it('does not keep a webhook of the same batch and group from arriving', async () => {
    const { sqs, queues } = relay();
    const orderId = '7-504';
    for (const MessageDeduplicationId of [randomUUID(), randomUUID()]) {
      await sqs.send(
        new SendMessageCommand({
          QueueUrl: queues.EventsQueueUrl,
          MessageBody: 'hello',
          MessageGroupId: `hub/${orderId}`,
          MessageDeduplicationId,
        }),
      );
    }

    const arrival = await arrivalOf(await sendAccepted(address, { orderId }));

    expect(arrival?.url).toBe(`/right?orderid=${orderId}`);
    await expect.poll(() => messageCount(sqs, queues.EventsQueueUrl)).toBe(0);
    expect(await takeAll(sqs, queues.EventsDeadLetterQueueUrl)).toHaveLength(2);
  });
});

describe('a wrong row of the Config table', () => {
  it('of a source keeps no other source from being heard', async () => {
    const arrival = await arrivalOf(await sendAccepted(address, { orderId: '7-506' }));

    expect(arrival?.url).toBe('/right?orderid=7-506');
  });

  it('of an endpoint holds up nobody else, and gets what it should have got once it is mended', async () => {
    const { connection, runSchedules } = relay();
    const paths = Object.keys(WRONG_ROWS);
    const body = anOrder('7-505');

    const eventId = await sendAccepted(address, { contentType: 'application/json', body });
    await arrivalOf(eventId);
    const outcomes = async () => outcomeTexts(await showEvent(connection, { eventId }));
    await expect.poll(outcomes).toEqual({
      '/right': expect.stringMatching(/^delivered 200/),
      ...Object.fromEntries(paths.map((path) => [path, 'pending: invalid config'])),
    });

    for (const [path, attributes] of Object.entries(WRONG_ROWS)) {
      const removed = Object.fromEntries(Object.keys(attributes).map((name) => [name, null]));
      await connection.configWriter.change('endpoint', path, { ...removed, url: receiver.url + path });
    }
    // Sweep runs by itself once a minute; it sees the rows when what it has read of them is ten seconds old.
    const arrivedAt = async () => {
      await runSchedules();
      return paths.flatMap((path) => arrivalsAt(path, eventId)).map((arrival) => arrival.path);
    };
    await expect.poll(arrivedAt, { timeout: 200_000, interval: 500 }).toHaveLength(paths.length);

    expect((await arrivedAt()).sort()).toEqual([...paths].sort());
    for (const path of paths) expect(arrivalsAt(path, eventId)[0]?.body.equals(body)).toBe(true);
    await expect
      .poll(async () => Object.values(await outcomes()))
      .toEqual([...paths, '/right'].map(() => expect.stringMatching(/^delivered 200/)));
  }, 240_000);
});
