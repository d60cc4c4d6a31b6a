import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { AddressGuard } from '../../lib/aws/address-guard.ts';
import { HttpSender } from '../../lib/aws/http-sender.ts';
import type { OutgoingRequest } from '../../lib/relay/ports.ts';

const sender = new HttpSender(new AddressGuard(['127.0.0.0/8']));
const TIMEOUT_MS = 1_000;
/** What a busy machine may need beside the attempt itself. */
const SLACK_MS = 3_000;

function aRequest(url: string, parts: Partial<OutgoingRequest> = {}): OutgoingRequest {
  return {
    url,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from('{}'),
    timeoutMs: TIMEOUT_MS,
    ...parts,
  };
}

/** A server of the test, by its address. */
async function serving(listener: RequestListener): Promise<string> {
  const server = createHttpServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${portOf(server.address())}/hook`;
}

/** A server that speaks as it likes. */
async function speaking(speak: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', () => speak(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${portOf(server.address())}/hook`;
}

const portOf = (address: unknown) => z.looseObject({ port: z.int() }).parse(address).port;

/** Writes for as long as the other side takes it. */
function endlessly(socket: Socket, chunk: string): void {
  const more = () => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on('drain', more);
  more();
}

async function timed<Value>(work: Promise<Value>): Promise<{ value: Value; durationMs: number }> {
  const startedAtMs = performance.now();
  const value = await work;
  return { value, durationMs: performance.now() - startedAtMs };
}

describe('the sender', () => {
  it('posts the very bytes and headers, and tells the answer', async () => {
    const got: { method?: string | undefined; type?: string | undefined; body: Buffer }[] = [];
    const url = await serving(async (request, response) => {
      const body = Buffer.concat(await request.toArray());
      got.push({ method: request.method, type: request.headers['content-type'], body });
      response.writeHead(202, { 'retry-after': '7' }).end('taken');
    });
    const body = Buffer.from([0xff, 0x00, 0x7b]);

    const result = await sender.post(aRequest(url, { body, headers: { 'content-type': 'x/y' } }));

    expect(result).toEqual({ kind: 'answer', status: 202, text: 'taken', retryAfter: '7' });
    expect(got).toEqual([{ method: 'POST', type: 'x/y', body }]);
  });

  it('follows no redirect', async () => {
    let followed = 0;
    const target = await serving((_, response) => {
      followed += 1;
      response.end();
    });
    const url = await serving((_, response) => response.writeHead(307, { location: target }).end());

    expect(await sender.post(aRequest(url))).toMatchObject({ kind: 'answer', status: 307 });
    expect(followed).toBe(0);
  });

  it('takes no notice of proxies in the environment', async () => {
    let proxied = 0;
    const proxy = await serving((_, response) => {
      proxied += 1;
      response.end();
    });
    const url = await serving((_, response) => response.end('direct'));
    process.env.HTTP_PROXY = proxy;
    onTestFinished(() => {
      delete process.env.HTTP_PROXY;
    });

    expect(await sender.post(aRequest(url))).toMatchObject({ text: 'direct' });
    expect(proxied).toBe(0);
  });

  it.each([
    'http://169.254.169.254/latest/meta-data',
    'http://[::1]:9001/2018-06-01/runtime',
    'https://10.0.0.1/',
  ])('refuses what is not public, and says so without naming it: %s', async (url) => {
    expect(await new HttpSender().post(aRequest(url))).toEqual({
      kind: 'failure',
      error: 'refused: its address is not public',
    });
  });

  it('refuses a name that leads to where it must not', async () => {
    const result = await new HttpSender().post(aRequest('https://localhost/hook'));

    expect(result).toEqual({ kind: 'failure', error: 'refused: its address is not public' });
  });
});

describe('the sender against a hostile receiver', () => {
  it.each<[string, (socket: Socket) => void, object]>([
    [
      'an endless body is cut off',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n');
        endlessly(socket, 'x'.repeat(65_536));
      },
      { kind: 'answer', status: 200 },
    ],
    [
      'endless headers are refused',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\n');
        endlessly(socket, `X-Padding: ${'x'.repeat(1_000)}\r\n`);
      },
      { kind: 'failure', error: 'answer headers too large' },
    ],
    ['silence ends with the deadline', () => {}, { kind: 'failure', error: 'timeout after 1 s' }],
    [
      'a status line that never comes to an end does, too',
      (socket) => endlesslySlow(socket, 'H'),
      { kind: 'failure' },
    ],
    [
      'one byte at a time counts from the beginning',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n');
        endlesslySlow(socket, 'x');
      },
      { kind: 'answer', status: 200 },
    ],
    [
      'a reset before the answer',
      (socket) => socket.resetAndDestroy(),
      { kind: 'failure', error: 'connection closed before the answer' },
    ],
    [
      'a reset within the answer',
      (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf', () => socket.destroy()),
      { kind: 'answer', status: 200 },
    ],
    [
      'what is not HTTP',
      (socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'),
      { kind: 'failure', error: 'answer is not HTTP' },
    ],
    [
      'two lengths that disagree',
      (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 5\r\n\r\nhello'),
      { kind: 'failure', error: 'answer is not HTTP' },
    ],
    [
      'a length beside chunks',
      (socket) =>
        socket.end(
          'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n',
        ),
      {},
    ],
  ])('%s', async (_, speak, expected) => {
    const url = await speaking(speak);

    const { value, durationMs } = await timed(sender.post(aRequest(url)));

    expect(value).toMatchObject(expected);
    expect(durationMs).toBeLessThan(TIMEOUT_MS + SLACK_MS);
    if (value.kind === 'answer') expect(value.text.length).toBeLessThanOrEqual(16 * 1024);
  });

  it('is not blown up by what is compressed: nothing is unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(100 * 1024 * 1024));
    const url = await serving((_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
    );

    const result = await sender.post(aRequest(url, { timeoutMs: 5_000 }));

    expect(result).toMatchObject({ kind: 'answer', status: 200 });
    if (result.kind === 'answer') expect(Buffer.byteLength(result.text)).toBeLessThanOrEqual(3 * 16 * 1024);
  });

  it('keeps to bounded memory while it reads what never ends', async () => {
    const url = await speaking((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n');
      endlessly(socket, 'x'.repeat(65_536));
    });
    const before = process.memoryUsage().arrayBuffers;

    for (let attempt = 0; attempt < 20; attempt++) await sender.post(aRequest(url));

    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
  });

  it('leaves others untouched meanwhile', async () => {
    const hostile = await speaking(() => {});
    const good = await serving((_, response) => response.end('ok'));

    const [{ value: slow }, { value: quick, durationMs }] = await Promise.all([
      timed(sender.post(aRequest(hostile))),
      timed(sender.post(aRequest(good))),
    ]);

    expect(slow).toMatchObject({ kind: 'failure' });
    expect(quick).toMatchObject({ kind: 'answer', status: 200 });
    expect(durationMs).toBeLessThan(TIMEOUT_MS);
  });
});

function endlesslySlow(socket: Socket, byte: string): void {
  const timer = setInterval(() => (socket.destroyed ? clearInterval(timer) : socket.write(byte)), 50);
  socket.once('close', () => clearInterval(timer));
}
