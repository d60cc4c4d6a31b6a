import { once } from 'node:events';
import { request } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startHttpFront } from '../../lib/emulator/http/http-front.ts';
import type { Outcome } from '../../lib/emulator/lambda/invocation.ts';

/** A front with one route, to a function that answers with the event it was given unless told otherwise. */
async function aFront(
  invoke: (event: string) => Promise<Outcome> = async (event) => ({
    kind: 'result',
    result: `{"event":${event}}`,
  }),
  { timeoutMs = 30_000 } = {},
): Promise<string> {
  const front = await startHttpFront(0, () => {});
  onTestFinished(() => front.stop(AbortSignal.abort()));
  front.open({
    routes: [{ apiId: 'Api', routeKey: 'POST /webhooks/{token}', functionArn: 'arn', timeoutMs }],
    targets: new Map([['arn', { invoke }]]),
    discovery: {},
  });
  return front.url;
}

/** The event that the function received. */
async function eventOf(response: Response): Promise<unknown> {
  return JSON.parse(await response.text()).event;
}

describe('the HTTP front', () => {
  it('hands a request over in payload format 2.0', async () => {
    const url = await aFront();

    const response = await fetch(`${url}/webhooks/a%20b?orderid=7%2F501&x=1&x=2`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'X-Thing': 'one',
        cookie: 'a=1; b=2',
        'user-agent': 'Hub',
      },
      body: '{"City":"Zürich"}',
    });

    expect(await eventOf(response)).toEqual({
      version: '2.0',
      routeKey: 'POST /webhooks/{token}',
      rawPath: '/webhooks/a b',
      rawQueryString: 'orderid=7%2F501&x=1&x=2',
      cookies: ['a=1', 'b=2'],
      headers: expect.objectContaining({ 'content-type': 'application/json', 'x-thing': 'one' }),
      queryStringParameters: { orderid: '7/501', x: '1,2' },
      pathParameters: { token: 'a b' },
      requestContext: {
        accountId: '000000000000',
        apiId: 'Api',
        domainName: '127.0.0.1',
        domainPrefix: '127',
        http: {
          method: 'POST',
          path: '/webhooks/a b',
          protocol: 'HTTP/1.1',
          sourceIp: '127.0.0.1',
          userAgent: 'Hub',
        },
        requestId: expect.any(String),
        routeKey: 'POST /webhooks/{token}',
        stage: '$default',
        time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
        timeEpoch: expect.any(Number),
      },
      body: '{"City":"Zürich"}',
      isBase64Encoded: false,
    });
  });

  it('hands over every byte of a body that is no text', async () => {
    const url = await aFront();
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, value) => value));

    const response = await fetch(`${url}/webhooks/abc`, { method: 'POST', body: bytes });

    expect(await eventOf(response)).toMatchObject({ isBase64Encoded: true, body: bytes.toString('base64') });
  });

  it('joins headers that come more than once, and leaves out a body that is not there', async () => {
    const url = await aFront();
    const sent = request(`${url}/webhooks/abc`, { method: 'POST', headers: { 'X-Thing': ['one', 'two'] } });
    sent.end();

    const [response] = await once(sent, 'response');

    const { event } = JSON.parse((await response.toArray()).join(''));
    expect(event.headers['x-thing']).toBe('one,two');
    expect(event).not.toHaveProperty('body');
    expect(event).not.toHaveProperty('queryStringParameters');
  });

  it.each([
    ['another path', 'POST', '/other'],
    ['another method', 'DELETE', '/webhooks/abc'],
  ])('answers 404 to %s', async (_, method, path) => {
    const url = await aFront();

    const response = await fetch(url + path, { method });

    expect(response.status).toBe(404);
    expect(await response.text()).toBe('{"message":"Not Found"}');
  });

  it.each([
    ['a body over 10 MB', 10 * 1024 * 1024 + 1, 'text/plain'],
    ['an event over 6 MB after base64', 5 * 1024 * 1024, 'image/png'],
  ])('answers 413 to %s', async (_, bytes, type) => {
    const url = await aFront();

    const response = await fetch(`${url}/webhooks/abc`, {
      method: 'POST',
      headers: { 'content-type': type },
      body: Buffer.alloc(bytes, 'a'),
    });

    expect(response.status).toBe(413);
  });

  it('answers 431 when request line and headers pass 10,240 bytes', async () => {
    const url = await aFront();

    const response = await fetch(`${url}/webhooks/${'a'.repeat(10_240)}`, { method: 'POST' });

    expect(response.status).toBe(431);
  });

  it('answers 400 to a path that is no valid encoding', async () => {
    const url = await aFront();

    expect((await fetch(`${url}/webhooks/%E0%A4%A`, { method: 'POST' })).status).toBe(400);
  });

  it('answers 500 when the function fails, without a word of why', async () => {
    const url = await aFront(async () => ({ kind: 'error', message: 'the table is on fire' }));

    const response = await fetch(`${url}/webhooks/abc`, { method: 'POST' });

    expect(response.status).toBe(500);
    expect(await response.text()).toBe('{"message":"Internal Server Error"}');
  });

  it('answers 503 when the function takes longer than the API waits', async () => {
    const url = await aFront(() => new Promise(() => {}), { timeoutMs: 50 });

    const response = await fetch(`${url}/webhooks/abc`, { method: 'POST' });

    expect(response.status).toBe(503);
    expect(await response.text()).toBe('{"message":"Service Unavailable"}');
  });

  it('lets a request wait that comes before everything has started', async () => {
    const front = await startHttpFront(0, () => {});
    const early = fetch(`${front.url}/nothing`);

    front.open({ routes: [], targets: new Map(), discovery: {} });

    expect((await early).status).toBe(404);
    await front.stop(AbortSignal.timeout(1_000));
  });

  it('says when its port is in use', async () => {
    const first = await startHttpFront(0, () => {});

    const second = startHttpFront(Number(new URL(first.url).port), () => {});

    await expect(second).rejects.toThrow(/^Port \d+ of 127.0.0.1 is in use/);
    await first.stop(AbortSignal.timeout(1_000));
  });
});
