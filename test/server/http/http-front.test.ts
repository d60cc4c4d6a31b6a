import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type HttpFrontOptions, startHttpFront } from '../../../lib/server/http/http-front.ts';
import { webhookHandler } from '../../../lib/server/http/webhook-handler.ts';
import { aRelay, TOKEN } from '../../relay/a-relay.ts';

const ADDRESS = `/webhooks/${TOKEN}`;

/** The HTTP server over a relay in memory. */
async function aFront(options: Partial<HttpFrontOptions> = {}) {
  const relay = aRelay();
  const errors: unknown[] = [];
  const front = await startHttpFront({
    host: '127.0.0.1',
    port: 0,
    webhooks: webhookHandler(relay.relay),
    health: async () => ({ status: 'ok' }),
    discovery: (port) => ({ port }),
    onError: (error) => errors.push(error),
    ...options,
  });
  onTestFinished(() => front.stop(AbortSignal.abort()));
  return { relay, errors, front, url: `http://127.0.0.1:${front.port}` };
}

async function answerOf(response: Response) {
  const { 'content-type': contentType, 'retry-after': retryAfter } = Object.fromEntries(response.headers);
  return { status: response.status, contentType, retryAfter, body: await response.text() };
}

const NOT_FOUND = {
  status: 404,
  contentType: 'application/json',
  retryAfter: undefined,
  body: '{"message":"Not Found"}',
};

describe('the webhook address', () => {
  it('stores the exact bytes with content type and order id, and answers the event’s id', async () => {
    const { relay, url } = await aFront();
    const body = randomBytes(500);

    const response = await fetch(`${url}${ADDRESS}?orderid=7%2F501`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-thing' },
      body,
    });

    expect(response.status).toBe(200);
    const [message] = relay.eventQueue.take();
    expect(await response.json()).toEqual({ eventId: message?.eventId });
    if (message === undefined) throw new Error('nothing was enqueued');
    expect(message.orderKey).toBe('main/7/501');
    expect(await relay.eventLog.payload(message)).toEqual({ contentType: 'application/x-thing', body });
  });

  it('answers once the event is stored and fan-out has caught up', async () => {
    const relay = aRelay();
    const catchUp = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const caughtUp = () => {
      asked.resolve();
      return catchUp.promise;
    };
    const { url } = await aFront({ webhooks: webhookHandler(relay.relay, { caughtUp }) });
    const answers: number[] = [];

    const answered = fetch(`${url}${ADDRESS}?orderid=7`, { method: 'POST', body: '{}' }).then(
      ({ status }) => {
        answers.push(status);
      },
    );
    await asked.promise;
    expect(relay.eventQueue.take()).toMatchObject([{ orderKey: 'main/7' }]);
    expect(answers).toEqual([]);
    catchUp.resolve();
    await answered;

    expect(answers).toEqual([200]);
  });

  it('takes a slash before the query', async () => {
    const { relay, url } = await aFront();

    const response = await fetch(`${url}${ADDRESS}/?orderid=7`, { method: 'POST', body: '{}' });

    expect(response.status).toBe(200);
    expect(relay.eventQueue.take()).toMatchObject([{ orderKey: 'main/7' }]);
  });

  it.each(['GET', 'OPTIONS', 'POST'])(
    'says that it works to an empty %s, and stores nothing',
    async (method) => {
      const { relay, url } = await aFront();

      const { status, body } = await answerOf(await fetch(`${url}${ADDRESS}?orderid=`, { method }));

      expect(status).toBe(200);
      expect(body).toBe('{"message":"This address works. Webhooks sent to it are passed on."}');
      expect(relay.eventQueue.take()).toEqual([]);
    },
  );

  it.each([
    ['a wrong token', `/webhooks/${'b'.repeat(43)}`],
    ['a token in another case', ADDRESS.toUpperCase().replace('WEBHOOKS', 'webhooks')],
    ['a longer path', `${ADDRESS}/more`],
    ['no token', '/webhooks/'],
    ['no webhooks path', '/nothing/here'],
    ['the root', '/'],
  ])('answers %s like any unknown path', async (_, path) => {
    const { url } = await aFront();

    const answer = await answerOf(await fetch(`${url}${path}?orderid=7`, { method: 'POST', body: '{}' }));

    expect(answer).toEqual(NOT_FOUND);
  });

  it('answers 400 to a path that is no valid encoding', async () => {
    const { url } = await aFront();

    const answer = await answerOf(await fetch(`${url}/webhooks/%E0%A4%A`, { method: 'POST' }));

    expect(answer).toMatchObject({ status: 400, body: '{"message":"Bad Request"}' });
  });

  it('answers 413 to a body of more than 6 MB', async () => {
    const { url } = await aFront();

    const response = await fetch(url + ADDRESS, { method: 'POST', body: Buffer.alloc(6 * 1024 * 1024 + 1) });

    expect(await answerOf(response)).toMatchObject({
      status: 413,
      body: '{"message":"Request Entity Too Large"}',
    });
  });

  it('answers 413 with the reason to a body that cannot be stored even compressed', async () => {
    const { url } = await aFront();

    const response = await fetch(url + ADDRESS, { method: 'POST', body: randomBytes(1024 * 1024) });

    const { status, body } = await answerOf(response);
    expect(status).toBe(413);
    expect(body).toMatch(/larger than 400 KB/);
  });

  it('answers 431 when request line and headers pass 10,240 bytes', async () => {
    const { url } = await aFront();

    const response = await fetch(`${url}/webhooks/${'a'.repeat(10_240)}`, { method: 'POST' });

    expect(response.status).toBe(431);
  });

  it('answers 503 with Retry-After when the event cannot be stored', async () => {
    const { relay, url } = await aFront();
    relay.relay.eventLog.putPayload = async () => {
      throw new Error('the disk is full');
    };
    relay.relay.eventQueue.send = async () => {
      throw new Error('a queue in memory stores no event');
    };

    const response = await fetch(`${url}${ADDRESS}?orderid=7`, { method: 'POST', body: '{}' });

    expect(await answerOf(response)).toEqual({
      status: 503,
      contentType: 'application/json',
      retryAfter: '30',
      body: '{"message":"Not stored. Please send it again."}',
    });
  });

  it('answers 503 while other bodies fill the memory, and stores again when they are gone', async () => {
    const { relay, url } = await aFront();
    const anOrder = JSON.stringify({ Id: '7', Items: [{ Sku: 'Mug', Status: 'New' }] });
    const held = Array.from({ length: 10 }, () => {
      const one = request(url + ADDRESS, { method: 'POST', headers: { 'content-length': 6 * 1024 * 1024 } });
      one.on('error', () => {});
      one.write(Buffer.alloc(6 * 1024 * 1024 - 1));
      return one;
    });
    const send = async () => {
      const { status } = await fetch(`${url}${ADDRESS}?orderid=7`, { method: 'POST', body: anOrder });
      return status;
    };

    await expect.poll(send).toBe(503);
    expect(relay.telemetry.log.map(({ message }) => message)).toContain(
      'webhook refused: the bodies of other requests fill the memory for them',
    );
    for (const one of held) one.destroy();

    await expect.poll(send).toBe(200);
  });

  it('stores nothing of a request that was cut short, and goes on', async () => {
    const { relay, errors, front, url } = await aFront();
    const socket = connect(front.port, '127.0.0.1');
    socket.write(`POST ${ADDRESS}?orderid=7 HTTP/1.1\r\nHost: relay\r\nContent-Length: 100\r\n\r\n{"Id"`);
    await once(socket, 'connect');
    socket.destroy();
    await once(socket, 'close');

    const response = await fetch(`${url}${ADDRESS}?orderid=8`, { method: 'POST', body: '{}' });

    expect(response.status).toBe(200);
    expect(relay.eventQueue.take()).toMatchObject([{ orderKey: 'main/8' }]);
    expect(errors).toEqual([]);
  });
});

describe('the health page', () => {
  it('answers 200 while the relay can work', async () => {
    const { url } = await aFront();

    expect(await answerOf(await fetch(`${url}/health`))).toMatchObject({
      status: 200,
      body: '{"status":"ok"}',
    });
  });

  it('answers 503 with the reason otherwise', async () => {
    const { url } = await aFront({ health: async () => ({ status: 'unavailable', reason: 'store' }) });

    expect(await answerOf(await fetch(`${url}/health`))).toMatchObject({
      status: 503,
      body: '{"status":"unavailable","reason":"store"}',
    });
  });
});

describe('the discovery document', () => {
  const path = '/.well-known/sensaria-relay';

  async function ask(port: number, headers: Readonly<Record<string, string>>): Promise<number | undefined> {
    const sent = request({ port, host: '127.0.0.1', path, headers }).end();
    const [response] = await once(sent, 'response');
    response.resume();
    return response.statusCode;
  }

  it('is for programs on this machine', async () => {
    const { front, url } = await aFront();

    expect(await (await fetch(url + path)).json()).toEqual({ port: front.port });
  });

  it.each([
    ['of another host name', { host: 'relay.example.com' }],
    ['through a reverse proxy', { host: 'localhost', 'x-forwarded-for': '203.0.113.7' }],
    ['through a proxy with the standard header', { host: 'localhost', forwarded: 'for=203.0.113.7' }],
    ['of a web page', { host: 'localhost', origin: 'https://example.com' }],
  ])('is not found by a request %s', async (_, headers) => {
    const { front } = await aFront();

    expect(await ask(front.port, headers)).toBe(404);
  });
});

describe('the HTTP server', () => {
  it('leaves all other paths to the console', async () => {
    const { url } = await aFront({ console: () => (_, response) => void response.end('console') });

    expect(await (await fetch(`${url}/`)).text()).toBe('console');
    expect(await (await fetch(`${url}/endpoints`)).text()).toBe('console');
    expect(await (await fetch(`${url}/webhooks/x`)).text()).toBe('{"message":"Not Found"}');
    expect(await (await fetch(`${url}/health`)).text()).toBe('{"status":"ok"}');
  });

  it('answers 500 without a word of why when the relay itself fails', async () => {
    const { errors, url } = await aFront({
      webhooks: async () => {
        throw new Error('a secret');
      },
    });

    const answer = await answerOf(await fetch(`${url}/webhooks/x`, { method: 'POST', body: '{}' }));

    expect(answer).toMatchObject({ status: 500, body: '{"message":"Internal Server Error"}' });
    expect(errors).toEqual([new Error('a secret')]);
  });

  it('finishes a running request when it stops, and takes no other', async () => {
    const answering = Promise.withResolvers<undefined>();
    const started = Promise.withResolvers<void>();
    const { front, url } = await aFront({
      webhooks: async () => {
        started.resolve();
        await answering.promise;
        return { status: 200, headers: {}, body: 'done' };
      },
    });
    const running = fetch(`${url}/webhooks/x`, { method: 'POST' });
    await started.promise;

    const stopped = front.stop(new AbortController().signal);
    await expect(fetch(`${url}/webhooks/x`)).rejects.toThrow();
    answering.resolve(undefined);

    expect(await (await running).text()).toBe('done');
    await stopped;
  });

  it('says when its port is in use', async () => {
    const { front } = await aFront();

    await expect(aFront({ port: front.port })).rejects.toThrow(/^Port \d+ of 127.0.0.1 is in use/);
  });
});
