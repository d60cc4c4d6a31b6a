import type { Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { aCertificate, aTrustedAuthority } from './certificates.ts';
import {
  aBriefRequest,
  accepting,
  aRequest,
  endlessly,
  listening,
  SLACK_MS,
  sender,
  TIMEOUT_MS,
  timed,
} from './hostile-receiver.ts';

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** A server with a certificate; what it does once it is spoken to, if not to answer. */
async function secure(options: TlsOptions, speak = (socket: Socket) => socket.end(ANSWER) as unknown) {
  const sockets = new Set<Socket>();
  let requests = 0;
  const server = createTlsServer(options, (socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      requests += 1;
      speak(socket);
    });
  });
  server.on('connection', (socket) => sockets.add(socket));
  server.on('tlsClientError', () => {});
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  return { url: `https://127.0.0.1:${await listening(server)}/hook`, requests: () => requests };
}

describe('the sender over TLS', () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'posts to whom an authority vouches for, by %s',
    async (version) => {
      const certificate = await aCertificate({ signedBy: await aTrustedAuthority() });
      const { url } = await secure({ ...certificate, minVersion: version, maxVersion: version });

      expect(await sender.post(aRequest(url))).toMatchObject({ kind: 'answer', status: 200, text: 'ok' });
    },
  );

  it.each([
    [
      'that is for another name',
      { name: 'other.example' },
      'TLS certificate is for another name: check the host name in the URL (ERR_TLS_CERT_ALTNAME_INVALID)',
    ],
    [
      'that has expired',
      { endedDaysAgo: 1 },
      'TLS certificate has expired: the server needs a new one (CERT_HAS_EXPIRED)',
    ],
  ])('sends nothing to one with a certificate %s', async (_, parts, error) => {
    const certificate = await aCertificate({ signedBy: await aTrustedAuthority(), ...parts });
    const { url, requests } = await secure(certificate);

    expect(await sender.post(aRequest(url))).toEqual({ kind: 'failure', error });
    expect(requests()).toBe(0);
  });

  it('sends nothing to one that vouches for itself, whatever the environment says of that', async () => {
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    onTestFinished(() => {
      delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    });
    const { url, requests } = await secure(await aCertificate());

    const result = await sender.post(aRequest(url));

    expect(result).toEqual({
      kind: 'failure',
      error:
        'TLS certificate is self-signed: if you trust it, set it as --ca-certificate (DEPTH_ZERO_SELF_SIGNED_CERT)',
    });
    expect(requests()).toBe(0);
  });

  it('sends nothing to one whose authority nobody knows', async () => {
    const authority = await aCertificate({ name: 'Nobody' });
    const { url, requests } = await secure(await aCertificate({ signedBy: authority }));

    const result = await sender.post(aRequest(url));

    expect(result).toMatchObject({
      error: expect.stringMatching(/^TLS certificate cannot be verified: .*intermediate certificates/),
    });
    expect(requests()).toBe(0);
  });

  it.each(['TLSv1', 'TLSv1.1'] as const)('sends nothing by %s', async (version) => {
    const certificate = await aCertificate({ signedBy: await aTrustedAuthority() });
    const old = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' };
    const { url, requests } = await secure({ ...certificate, ...old });

    const result = await sender.post(aRequest(url));

    expect(result).toMatchObject({ error: expect.stringMatching(/^TLS version is older than 1.2: /) });
    expect(requests()).toBe(0);
  });

  it.each<[string, (socket: Socket) => unknown, object]>([
    ['says nothing', (socket) => socket.resume(), { error: 'timeout after 1 s' }],
    ['resets', (socket) => socket.once('data', () => socket.resetAndDestroy()), {}],
    ['resets before it has heard anything', (socket) => socket.resetAndDestroy(), {}],
    ['speaks plain HTTP', (socket) => socket.once('data', () => socket.end(ANSWER)), {}],
    ['pours out what is no TLS', (socket) => endlessly(socket, '\u0016\u0003\u0003'.repeat(10_000)), {}],
  ])('is done in time with one that, asked for a handshake, %s', async (_, onConnection, expected) => {
    const { port, sockets } = await accepting(onConnection);
    const url = `https://127.0.0.1:${port}/hook`;

    const { value, durationMs } = await timed(sender.post(aBriefRequest(url)));

    expect(value).toMatchObject({ kind: 'failure', ...expected });
    expect(durationMs).toBeLessThan(TIMEOUT_MS + SLACK_MS);
    await expect.poll(() => [...sockets].every((socket) => socket.destroyed)).toBe(true);
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'is done with one that closes the connection with the handshake, by %s',
    async (version) => {
      const certificate = await aCertificate({ signedBy: await aTrustedAuthority() });
      const server = createTlsServer({ ...certificate, minVersion: version, maxVersion: version });
      server.on('secureConnection', (socket) => socket.on('error', () => {}).end());
      const url = `https://127.0.0.1:${await listening(server)}/hook`;

      expect(await sender.post(aRequest(url))).toEqual({
        kind: 'failure',
        error: 'connection closed before the answer',
      });
    },
  );

  it('is done in time with one that shakes hands and then resets, or is silent, or never ends', async () => {
    const certificate = await aCertificate({ signedBy: await aTrustedAuthority() });
    const ways: ((socket: Socket) => unknown)[] = [
      (socket) => socket.destroy(),
      () => {},
      (socket) => endlessly(socket, '\r\n'.repeat(10_000)),
    ];
    const results = await Promise.all(
      ways.map(async (speak) => sender.post(aBriefRequest((await secure(certificate, speak)).url))),
    );

    expect(results).toEqual([
      { kind: 'failure', error: 'connection closed before the answer' },
      { kind: 'failure', error: 'timeout after 1 s' },
      { kind: 'failure', error: 'answer never comes to an end' },
    ]);
  });
});
