import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { DeleteTableCommand, DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { DeleteQueueCommand } from '@aws-sdk/client-sqs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { addEndpoint } from '../../lib/operator/endpoints/endpoints.ts';
import { showEvent } from '../../lib/operator/events/events.ts';
import { addSource } from '../../lib/operator/sources/sources.ts';
import { startReceiver } from '../end-to-end/a-receiver.ts';
import { useRunningRelay } from '../end-to-end/a-running-relay.ts';
import { cli } from '../operator/cli.ts';
import { outcomeTexts } from '../relay/outcome-texts.ts';
import { PERSONAL, type Webhook, webhook } from './webhooks.ts';

/** Each run of the suite draws new webhooks. ingest.test.ts sends many more to ingest alone. */
const RUNS = 75;
/** An order as the Hub sends it, with a customer in it. */
const ORDER = JSON.stringify({ Id: '7-1', NiceId: 'Magic7-1', Items: [], ShipToAddress: { Name: PERSONAL } });

const relay = useRunningRelay({ mayFail: true });
let token: string;
beforeAll(async () => {
  const { connection } = relay();
  const receiver = await startReceiver({ '/bad': (response) => response.writeHead(500).end(PERSONAL) });
  for (const path of ['/good', '/bad']) {
    await addEndpoint(connection, path, { url: `${receiver.url}${path}?key=${PERSONAL}` });
  }
  const { address } = await addSource(connection, 'hub');
  token = /([\w-]{43})\?orderid=$/.exec(address)?.[1] ?? '';
  return () => receiver.stop();
});

const responseSchema = z.object({ eventId: z.string().optional(), message: z.string().optional() });

/** Sends a request as it is, but for the few characters that Node's HTTP client refuses to write. */
async function sent(path: string, { method, headers = {}, body = '' }: Sending = {}) {
  const url = new URL(relay().url);
  const outgoing = request({ host: url.hostname, port: url.port, path, method: method ?? 'POST', headers });
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.on('response', resolve).on('error', reject);
  });
  outgoing.end(body);
  const incoming = await response;
  const answer = await text(incoming);
  return { status: incoming.statusCode ?? 0, headers: incoming.headers, text: answer };
}

interface Sending {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** Everything that anybody may read of the relay's logs and metrics. */
function expectNothingGivenAway(...others: readonly string[]): void {
  const written = [...relay().lines, ...others].join('\n');
  expect(written).not.toContain(token);
  expect(written).not.toContain(token.slice(0, 20));
  expect(written).not.toContain(PERSONAL);
}

const SAFE = ['GET', 'HEAD', 'OPTIONS'];

/** The webhook as it can be sent over HTTP. */
function overHttp({ token: theToken, rawQuery, event }: Webhook) {
  const path = theToken.startsWith('Zq7SecretToken') ? theToken.replace(/^\w+/, token) : theToken;
  const contentType = event.headers['content-type']?.replace(/[^\t -~]/g, '?');
  const { method } = event.requestContext.http;
  return {
    path: `/webhooks/${encodeURIComponent(path.toWellFormed())}?${rawQuery.replace(/[^!-~]/g, '_').slice(0, 8_000)}`,
    method,
    headers: contentType === undefined ? {} : { 'content-type': contentType },
    body:
      // Node frames no body of these.
      SAFE.includes(method)
        ? Buffer.alloc(0)
        : Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8'),
  };
}

describe('the running relay', () => {
  it('keeps every byte of what it answers 2xx, and answers no 5xx, whatever is sent to it', async () => {
    await fc.assert(
      fc.asyncProperty(webhook, async (generated) => {
        const { path, ...sending } = overHttp(generated);

        const { status, text: answered } = await sent(path, sending);

        expect([200, 404]).toContain(status);
        if (SAFE.includes(sending.method)) return;
        const { eventId } = responseSchema.parse(JSON.parse(answered));
        if (eventId === undefined) return;
        const { payload } = await showEvent(relay().connection, { eventId, withBody: true });
        expect(Buffer.from(payload?.body ?? [])).toEqual(sending.body);
      }),
      { numRuns: RUNS },
    );
    expectNothingGivenAway();
  });

  it('answers an unknown token to the letter as an unknown path, whatever the token looks like', async () => {
    const known = await sent('/nothing/here?orderid=7', { body: ORDER });
    const relevant = ({ status, headers: { date: _, ...headers }, text: answered }: typeof known) => ({
      status,
      headers,
      text: answered,
    });

    for (const wrong of [
      token.replace(/.$/, '~'),
      token.slice(1),
      'A'.repeat(43),
      'x',
      `${token}/x`,
      '%00',
    ]) {
      const answer = await sent(`/webhooks/${wrong}?orderid=7`, { body: ORDER });

      expect(relevant(answer)).toEqual(relevant(known));
    }
    expectNothingGivenAway();
  });

  it('tells its token and its customers to no log, metric or row, nor to who works at the CLI', async () => {
    const { connection, runSchedules, url } = relay();
    const path = `/webhooks/${token}?orderid=7-1`;
    const { text: answered } = await sent(path, { body: ORDER, headers: { 'x-customer': PERSONAL } });
    const { eventId = '' } = responseSchema.parse(JSON.parse(answered));
    const outcomes = async () => outcomeTexts(await showEvent(connection, { eventId }));
    await expect.poll(outcomes).toMatchObject({ '/good': expect.stringMatching(/^delivered/) });
    await runSchedules();

    const port = new URL(url).port;
    const commands = [
      'sources list',
      'endpoints list',
      'events list',
      'orders show 7-1',
      'deliveries list',
      'dlq list',
    ];
    const shown = await Promise.all(
      commands.map((command) => cli([...command.split(' '), '--port', port, '--json'])),
    );
    expect(shown.map(({ exitCode }) => exitCode)).toEqual(commands.map(() => 0));

    expect(JSON.stringify(shown)).not.toContain(token);
    expect(await tablesText()).not.toContain(token);
    expectNothingGivenAway();
  });

  it('gives nothing away when the table, and then the queue too, is gone', async () => {
    const { connection, sqs, queues } = relay();
    const path = `/webhooks/${token}?orderid=7-1`;
    const dynamoDb = new DynamoDBClient(connection.relay.dynamoDbConfig);
    await dynamoDb.send(new DeleteTableCommand({ TableName: connection.relay.eventLogTableName }));
    dynamoDb.destroy();

    expect(await sent(path, { body: ORDER })).toMatchObject({ status: 200 });
    await sqs.send(new DeleteQueueCommand({ QueueUrl: queues.EventsQueueUrl }));
    const refused = await sent(path, { body: ORDER });

    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '30' } });
    // A function's log reaches the test a moment after its answer.
    await expect.poll(() => relay().lines.join('\n')).toContain('webhook refused');
    expectNothingGivenAway(refused.text);
  });
});

async function tablesText(): Promise<string> {
  const { relay: description } = relay().connection;
  const dynamoDb = new DynamoDBClient(description.dynamoDbConfig);
  const tables = await Promise.all(
    [description.configTableName, description.eventLogTableName].map((TableName) =>
      dynamoDb.send(new ScanCommand({ TableName })),
    ),
  );
  dynamoDb.destroy();
  return JSON.stringify(tables.map(({ Items }) => Items));
}
