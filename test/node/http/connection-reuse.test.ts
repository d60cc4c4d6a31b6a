import { execFile } from 'node:child_process';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { AddressGuard } from '../../../lib/node/http/address-guard.ts';
import { HttpSender } from '../../../lib/node/http/http-sender.ts';
import type { OutgoingRequest, SendResult } from '../../../lib/relay/ports/outgoing.ts';
import { aCertificate, anAuthority } from './certificates.ts';
import { aBriefRequest, aRequest, connecting, listening, serving } from './hostile-receiver.ts';

const run = promisify(execFile);
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

function aSender(mostIdle?: number): HttpSender {
  const sender = new HttpSender(new AddressGuard(['127.0.0.0/8']), mostIdle);
  onTestFinished(() => sender.close());
  return sender;
}

/** A server that never closes an idle connection itself; counts requests, connections, and connections that are open. */
async function counting(listener: RequestListener = (_, response) => response.end('ok'), host = '127.0.0.1') {
  const counts = { requests: 0, connections: 0, open: 0 };
  const server = createHttpServer({ keepAliveTimeout: 0 }, (request, response) => {
    counts.requests += 1;
    request.resume().once('end', () => listener(request, response));
  });
  server.on('connection', (socket) => {
    counts.connections += 1;
    counts.open += 1;
    socket.once('close', () => {
      counts.open -= 1;
    });
  });
  onTestFinished(() => server.closeAllConnections());
  const port = await listening(server, host);
  return { url: `http://127.0.0.1:${port}/hook`, port, counts };
}

/** A server that handles the requests of each connection one by one. */
async function scripted(onRequest: (socket: Socket, ofConnection: number, connection: number) => void) {
  const counts = { requests: 0, connections: 0 };
  const url = await connecting((socket) => {
    counts.connections += 1;
    const connection = counts.connections;
    let ofConnection = 0;
    socket.on('data', () => {
      counts.requests += 1;
      ofConnection += 1;
      onRequest(socket, ofConnection, connection);
    });
  });
  return { url, counts };
}

async function postInTurn(sender: HttpSender, url: string, count: number): Promise<SendResult[]> {
  const results: SendResult[] = [];
  for (let n = 0; n < count; n++) results.push(await sender.post(aRequest(url)));
  return results;
}

/** Sets the clocks by hand. The timers run on. */
function useClocks() {
  vi.useFakeTimers({ toFake: ['Date', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
}

describe('a connection', () => {
  it('is reused for the next request to the same server, which gets each request once', async () => {
    const { url, counts } = await counting();

    const results = await postInTurn(aSender(), url, 20);

    expect(results).toEqual(Array(20).fill(expect.objectContaining({ status: 200, text: 'ok' })));
    expect(counts).toMatchObject({ requests: 20, connections: 1 });
  });

  it('collects no listeners, however many requests it serves', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on('warning', onWarning);
    onTestFinished(() => void process.off('warning', onWarning));
    const { url, counts } = await counting();

    await postInTurn(aSender(), url, 30);

    expect(counts).toMatchObject({ requests: 30, connections: 1 });
    expect(warnings).toEqual([]);
  });

  it('is closed when the answer comes before the request was read', async () => {
    const { url, counts } = await scripted((socket, ofConnection) => {
      if (ofConnection === 1) socket.pause().write(OK);
    });
    const sender = aSender();

    for (let n = 0; n < 2; n++)
      expect(await sender.post(aRequest(url, { body: Buffer.alloc(16 * 1024 * 1024) }))).toMatchObject({
        status: 200,
        text: 'ok',
      });

    expect(counts.connections).toBe(2);
  });

  it('is reused over TLS', async () => {
    const certificate = await aCertificate();
    const server = createHttpsServer(certificate, (_, response) => response.end('ok'));
    let connections = 0;
    server.on('secureConnection', () => {
      connections += 1;
    });
    onTestFinished(() => server.closeAllConnections());
    const url = `https://127.0.0.1:${await listening(server)}/hook`;
    const sender = aSender();

    for (let n = 0; n < 5; n++)
      expect(await sender.post(aRequest(url, { tls: { ca: certificate.cert } }))).toMatchObject({
        status: 200,
      });

    expect(connections).toBe(1);
  });

  it('is opened for each of ten requests at once, and one of them stays idle', async () => {
    const { url, counts } = await counting();
    const sender = aSender();

    for (let round = 0; round < 5; round++)
      await Promise.all(Array.from({ length: 10 }, () => sender.post(aRequest(url))));

    expect(counts.requests).toBe(50);
    expect(counts.connections).toBeLessThan(50);
    await expect.poll(() => counts.open).toBe(1);
  });

  it('is not shared by different servers', async () => {
    const [one, other] = [await counting(), await counting()];
    const sender = aSender();

    await postInTurn(sender, one.url, 2);
    await postInTurn(sender, other.url, 2);

    expect([one.counts.connections, other.counts.connections]).toEqual([1, 1]);
  });

  it.runIf(process.platform === 'linux')('is closed when 20 others are idle', async () => {
    const { port, counts } = await counting(undefined, '0.0.0.0');
    const sender = aSender(20);
    // None is idle for too long, on a busy machine either.
    useClocks();

    for (let host = 1; host <= 23; host++) await sender.post(aRequest(`http://127.0.0.${host}:${port}/`));

    await expect.poll(() => counts.open).toBe(20);
    await sender.post(aRequest(`http://127.0.0.23:${port}/`));
    expect(counts.connections).toBe(23);
    await sender.post(aRequest(`http://127.0.0.1:${port}/`));
    expect(counts.connections).toBe(24);
  });

  it('is closed after an answer that was cut, or that says so', async () => {
    const long = await counting((_, response) => response.end('x'.repeat(70_000)));
    const closing = await counting((_, response) => response.setHeader('connection', 'close').end('ok'));
    const sender = aSender();

    await postInTurn(sender, long.url, 3);
    await postInTurn(sender, closing.url, 3);

    expect(long.counts).toMatchObject({ requests: 3, connections: 3 });
    expect(closing.counts).toMatchObject({ requests: 3, connections: 3 });
  });

  it('is not reused once it has bytes that nobody asked for', async () => {
    const { url, counts } = await scripted((socket, ofConnection) => {
      socket.write(OK);
      if (ofConnection === 1)
        setImmediate(() => socket.write('HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n'));
    });
    const sender = aSender();
    await sender.post(aRequest(url));
    // An answer of another server arrives after those bytes.
    await postInTurn(sender, await serving((_, response) => response.end('ok')), 2);

    expect(await sender.post(aRequest(url))).toMatchObject({ status: 200 });
    expect(counts.connections).toBe(2);
  });
});

describe('a request that fails on a reused connection', () => {
  it.each<[string, (socket: Socket) => unknown]>([
    ['reset', (socket) => socket.resetAndDestroy()],
    ['closed', (socket) => socket.end()],
  ])('is repeated once on a new one, when it was %s before any byte of an answer', async (_, fail) => {
    const { url, counts } = await scripted((socket, ofConnection) =>
      ofConnection === 1 ? socket.write(OK) : fail(socket),
    );
    const sender = aSender();
    await sender.post(aRequest(url));

    expect(await sender.post(aRequest(url))).toMatchObject({ kind: 'answer', status: 200 });
    expect(counts).toEqual({ requests: 3, connections: 2 });
  });

  it('is repeated when its TLS connection is closed', async () => {
    const certificate = await aCertificate();
    const seen = new Set<Socket>();
    const server = createHttpsServer(certificate, (request, response) => {
      if (seen.has(request.socket)) return request.socket.destroy();
      seen.add(request.socket);
      return response.end('ok');
    });
    onTestFinished(() => server.closeAllConnections());
    const url = `https://127.0.0.1:${await listening(server)}/hook`;
    const sender = aSender();
    const tls = { ca: certificate.cert };
    await sender.post(aRequest(url, { tls }));

    expect(await sender.post(aRequest(url, { tls }))).toMatchObject({ kind: 'answer', status: 200 });
    expect(seen.size).toBe(2);
  });

  it('is repeated on a new connection also when others are idle', async () => {
    useClocks();
    const { url, counts } = await scripted((socket, ofConnection) =>
      ofConnection === 1 ? socket.write(OK) : socket.resetAndDestroy(),
    );
    const sender = aSender();
    await Promise.all(Array.from({ length: 5 }, () => sender.post(aRequest(url))));

    expect(await sender.post(aRequest(url))).toMatchObject({ kind: 'answer', status: 200 });
    expect(counts).toEqual({ requests: 7, connections: 6 });
  });

  it('is not repeated a second time', async () => {
    const { url, counts } = await scripted((socket, ofConnection, connection) =>
      ofConnection === 1 && connection === 1 ? socket.write(OK) : socket.resetAndDestroy(),
    );
    const sender = aSender();
    await sender.post(aRequest(url));

    expect(await sender.post(aRequest(url))).toEqual({
      kind: 'failure',
      error: 'connection closed before the answer',
    });
    expect(counts).toEqual({ requests: 3, connections: 2 });
  });

  it('is not repeated after a byte of the answer', async () => {
    const { url, counts } = await scripted((socket, ofConnection) =>
      ofConnection === 1 ? socket.write(OK) : socket.end('H'),
    );
    const sender = aSender();
    await sender.post(aRequest(url));

    expect(await sender.post(aRequest(url))).toMatchObject({ kind: 'failure' });
    expect(counts).toEqual({ requests: 2, connections: 1 });
  });

  it('is not repeated after its deadline', async () => {
    const { url, counts } = await scripted((socket, ofConnection) => {
      if (ofConnection === 1) socket.write(OK);
    });
    const sender = aSender();
    await sender.post(aRequest(url));

    expect(await sender.post(aBriefRequest(url))).toEqual({ kind: 'failure', error: 'timeout after 1 s' });
    expect(counts).toEqual({ requests: 2, connections: 1 });
  });

  it('has one deadline with its repetition', async () => {
    const { url, counts } = await scripted((socket, ofConnection, connection) => {
      if (connection === 1) ofConnection === 1 ? socket.write(OK) : socket.resetAndDestroy();
    });
    const sender = aSender();
    await sender.post(aRequest(url));

    expect(await sender.post(aBriefRequest(url))).toEqual({ kind: 'failure', error: 'timeout after 1 s' });
    expect(counts).toEqual({ requests: 3, connections: 2 });
  });
});

describe('a request that fails on a new connection', () => {
  it('is not repeated: the server may have received it', async () => {
    const { url, counts } = await scripted((socket) => socket.resetAndDestroy());

    expect(await aSender().post(aRequest(url))).toMatchObject({ kind: 'failure' });
    expect(counts).toEqual({ requests: 1, connections: 1 });
  });
});

describe('an idle connection', () => {
  it.each<[string, number, number]>([
    ['is used within four seconds', 3_999, 1],
    ['is closed after four seconds, also when its timer did not run', 4_000, 2],
    ['is closed when the clock was set back', -1, 2],
  ])('%s', async (_, elapsedMs, connections) => {
    const { url, counts } = await counting();
    const sender = aSender();
    useClocks();
    await sender.post(aRequest(url));

    vi.setSystemTime(Date.now() + elapsedMs);
    await sender.post(aRequest(url));

    expect(counts.connections).toBe(connections);
  });

  it.each<[string, number, number]>([
    ['is used within a second beside another', 999, 2],
    ['is closed after a second beside another', 1_000, 3],
  ])('%s', async (_, elapsedMs, connections) => {
    const { url, counts } = await counting();
    const sender = aSender();
    const postTwo = () => Promise.all([sender.post(aRequest(url)), sender.post(aRequest(url))]);
    useClocks();
    await postTwo();

    vi.setSystemTime(Date.now() + elapsedMs);
    await postTwo();

    expect(counts.connections).toBe(connections);
  });

  it('is closed by the monotonic clock when the wall clock stood still', async () => {
    const { url, counts } = await counting();
    const sender = aSender();
    useClocks();
    await sender.post(aRequest(url));

    const now = Date.now();
    vi.advanceTimersByTime(4_000);
    vi.setSystemTime(now);
    await sender.post(aRequest(url));

    expect(counts.connections).toBe(2);
  });

  it.each<[string, string, number, number]>([
    ['is used until a second before the server’s own limit', 'timeout=3', 1_999, 1],
    ['is closed then', 'max=100, timeout=3', 2_000, 2],
    ['is closed at once when the server keeps it for a second', 'timeout=1', 0, 2],
  ])('%s', async (_, header, elapsedMs, connections) => {
    const { url, counts } = await counting((_request, response) =>
      response.setHeader('keep-alive', header).end('ok'),
    );
    const sender = aSender();
    useClocks();
    await sender.post(aRequest(url));

    vi.setSystemTime(Date.now() + elapsedMs);
    await sender.post(aRequest(url));

    expect(counts.connections).toBe(connections);
  });

  it('does not keep the process running', async () => {
    const { url } = await counting();
    const program = fileURLToPath(new URL('./fixtures/posts-and-ends.ts', import.meta.url));

    const { stdout } = await run(process.execPath, [program, url]);

    expect(JSON.parse(stdout)).toEqual([]);
  });

  it('is closed with its sender, and so is each connection after that', async () => {
    const { url, counts } = await counting();
    const sender = aSender();
    await sender.post(aRequest(url));
    expect(counts.open).toBe(1);

    sender.close();
    await expect.poll(() => counts.open).toBe(0);
    await postInTurn(sender, url, 2);

    await expect.poll(() => counts.open).toBe(0);
    expect(counts.connections).toBe(3);
  });
});

describe('the address of a connection', () => {
  it('is checked when the connection is opened, and again after a minute of use', async () => {
    const { port, counts } = await counting();
    let address = '127.0.0.1';
    const lookup = vi.fn((_host: string, _options: unknown, callback: (...results: unknown[]) => void) =>
      callback(null, [{ address, family: 4 }]),
    );
    const sender = new HttpSender(new AddressGuard(['127.0.0.0/8'], lookup as never));
    onTestFinished(() => sender.close());
    const post = () => sender.post(aRequest(`http://shop.example:${port}/hook`));
    useClocks();

    await post();
    address = '10.0.0.1';
    for (let second = 1; second < 60; second++) {
      vi.setSystemTime(Date.now() + 1_000);
      expect(await post()).toMatchObject({ kind: 'answer' });
    }
    expect(lookup).toHaveBeenCalledOnce();
    expect(counts.connections).toBe(1);

    vi.setSystemTime(Date.now() + 1_000);
    expect(await post()).toEqual({ kind: 'failure', error: 'refused: its address is not public' });
  });
});

describe('endpoints with different TLS identities', () => {
  it('never share a connection', async () => {
    const [serverCertificate, authority] = [await aCertificate(), await anAuthority()];
    const clients: string[] = [];
    const server = createHttpsServer(
      { ...serverCertificate, requestCert: true, rejectUnauthorized: false, ca: authority.cert },
      (request, response) => {
        const { socket } = request;
        const subject =
          'getPeerCertificate' in socket ? Object(socket).getPeerCertificate().subject : undefined;
        clients.push(subject?.CN ?? 'nobody');
        response.end('ok');
      },
    );
    let connections = 0;
    server.on('secureConnection', () => {
      connections += 1;
    });
    onTestFinished(() => server.closeAllConnections());
    const url = `https://127.0.0.1:${await listening(server)}/hook`;
    const ca = serverCertificate.cert;
    const identity = async (name: string): Promise<NonNullable<OutgoingRequest['tls']>> => {
      const { cert, key } = await aCertificate({ signedBy: authority, name });
      return { certificate: cert, key, ca };
    };
    const [shop, erp] = [await identity('shop.example'), await identity('erp.example')];
    const sender = aSender();

    for (const tls of [shop, erp, { ca }, shop, erp, { ca }]) await sender.post(aRequest(url, { tls }));

    expect(clients).toEqual([
      ...['shop.example', 'erp.example', 'nobody'],
      ...['shop.example', 'erp.example', 'nobody'],
    ]);
    expect(connections).toBe(3);
    // An endpoint that does not know the authority must not use a connection of one that does.
    expect(await sender.post(aRequest(url))).toMatchObject({ kind: 'failure' });
  });
});
