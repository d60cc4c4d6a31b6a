import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import {
  aBriefRequest,
  aRequest,
  connecting,
  endlessly,
  endlesslySlow,
  SLACK_MS,
  sender,
  serving,
  speaking,
  TIMEOUT_MS,
  timed,
} from './hostile-receiver.ts';

/** These attempts end before their deadline. On a busy machine, a deadline of one second could come first. */
const ENDS_EARLY =
  /answer (is not HTTP|headers too large|never comes to an end)|connection closed before the answer/;

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
      { kind: 'failure', error: 'answer is not HTTP' },
    ],
    [
      'one byte of a header at a time',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\nX-Padding: ');
        endlesslySlow(socket, 'x');
      },
      { kind: 'failure', error: 'timeout after 1 s' },
    ],
    [
      'a reason that never comes to an end',
      (socket) => {
        socket.write('HTTP/1.1 200 ');
        endlessly(socket, 'x'.repeat(65_536));
      },
      { kind: 'failure', error: 'answer headers too large' },
    ],
    [
      'empty lines before the answer',
      (socket) => endlessly(socket, '\r\n'.repeat(1_000)),
      { kind: 'failure', error: 'answer never comes to an end' },
    ],
    [
      '103 Early Hints without end',
      (socket) => endlessly(socket, 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n'),
      { kind: 'failure', error: 'answer never comes to an end' },
    ],
    [
      '102 Processing, now and then',
      (socket) => endlesslySlow(socket, 'HTTP/1.1 102 Processing\r\n\r\n'),
      { kind: 'failure', error: 'answer never comes to an end' },
    ],
    [
      '100 Continue, for which nobody has asked',
      (socket) => endlessly(socket, 'HTTP/1.1 100 Continue\r\n\r\n'),
      { kind: 'failure', error: 'answer never comes to an end' },
    ],
    [
      'one 100 Continue, then the answer',
      (socket) => socket.end('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
      { kind: 'answer', status: 200, text: 'ok' },
    ],
    [
      '101 Switching Protocols',
      (socket) => socket.write('HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'),
      { kind: 'failure', error: 'connection closed before the answer' },
    ],
    [
      '101 Switching Protocols to none',
      (socket) => socket.end('HTTP/1.1 101 Go\r\n\r\n'),
      { kind: 'failure', error: 'answer is not HTTP' },
    ],
    ...['000', '099', '1000', '-1', '2e2', 'OK', ''].map(
      (status): [string, (socket: Socket) => void, object] => [
        `the status “${status}”`,
        (socket) => socket.end(`HTTP/1.1 ${status} OK\r\nContent-Length: 0\r\n\r\n`),
        { kind: 'failure', error: 'answer is not HTTP' },
      ],
    ),
    [
      'a status that is none of the known',
      (socket) => socket.end('HTTP/1.1 999 OK\r\nContent-Length: 0\r\n\r\n'),
      { kind: 'answer', status: 999 },
    ],
    [
      'a negative length',
      (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello'),
      { kind: 'failure', error: 'answer is not HTTP' },
    ],
    [
      'a chunk of more bytes than there are',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\n');
        endlessly(socket, 'x'.repeat(65_536));
      },
      { kind: 'answer', status: 200 },
    ],
    [
      'chunks of one byte',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
        endlessly(socket, '1\r\nx\r\n'.repeat(1_000));
      },
      { kind: 'answer', status: 200 },
    ],
    [
      'an extension of a chunk that never comes to an end',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;');
        endlessly(socket, 'x'.repeat(65_536));
      },
      { kind: 'answer', status: 200, text: '' },
    ],
    [
      'trailers without end',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n');
        endlessly(socket, `X-Padding: ${'x'.repeat(1_000)}\r\n`);
      },
      { kind: 'answer', status: 200, text: '' },
    ],
    ...['gzip, chunked', 'chunked, identity', 'xchunked', 'chunked\r\nTransfer-Encoding: chunked'].map(
      (coding): [string, (socket: Socket) => void, object] => [
        `the coding “${coding.replace('\r\n', ' ')}”`,
        (socket) => socket.end(`HTTP/1.1 200 OK\r\nTransfer-Encoding: ${coding}\r\n\r\n0\r\n\r\n`),
        { kind: 'answer', status: 200 },
      ],
    ),
  ])('%s', async (_, speak, expected) => {
    const url = await speaking(speak);
    const request = ENDS_EARLY.test(JSON.stringify(expected)) ? aRequest(url) : aBriefRequest(url);

    const { value, durationMs } = await timed(sender.post(request));

    expect(value).toMatchObject(expected);
    expect(durationMs).toBeLessThan(TIMEOUT_MS + SLACK_MS);
    if (value.kind === 'answer') expect(value.text.length).toBeLessThanOrEqual(64 * 1024);
  });

  it('is not blown up by what is compressed: nothing is unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(10 * 1024 * 1024));
    const url = await serving((_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
    );

    const result = await sender.post(aRequest(url, { timeoutMs: 5_000 }));

    expect(result).toMatchObject({ kind: 'answer', status: 200 });
    if (result.kind === 'answer') expect(Buffer.byteLength(result.text)).toBeLessThanOrEqual(3 * 64 * 1024);
  });

  it('leaves others untouched meanwhile', async () => {
    const hostile = await speaking(() => {});
    const good = await serving((_, response) => response.end('ok'));

    const [{ value: slow }, { value: quick, durationMs }] = await Promise.all([
      timed(sender.post(aBriefRequest(hostile))),
      timed(sender.post(aRequest(good))),
    ]);

    expect(slow).toMatchObject({ kind: 'failure' });
    expect(quick).toMatchObject({ kind: 'answer', status: 200 });
    expect(durationMs).toBeLessThan(TIMEOUT_MS);
  });

  it.each<[string, (socket: Socket) => void, object]>([
    ['before the request', (socket) => socket.resetAndDestroy(), { kind: 'failure' }],
    [
      'once the request has begun',
      (socket) => socket.once('data', () => socket.resetAndDestroy()),
      { kind: 'failure', error: 'connection closed before the answer' },
    ],
    [
      'in the middle of the request’s body',
      (socket) => {
        let bytes = 0;
        socket.on('data', (data) => {
          bytes += data.length;
          if (bytes > UPLOAD.length / 2) socket.resetAndDestroy();
        });
      },
      { kind: 'failure', error: 'connection closed before the answer' },
    ],
    [
      'in the status line',
      (socket) => answerAndReset(socket, 'HTTP/1.1 20'),
      {
        kind: 'failure',
        error: expect.stringMatching(/^(connection closed before the answer|answer is not HTTP)$/),
      },
    ],
    [
      'in the headers',
      (socket) => answerAndReset(socket, 'HTTP/1.1 200 OK\r\nContent-Le'),
      {
        kind: 'failure',
        error: expect.stringMatching(/^(connection closed before the answer|answer is not HTTP)$/),
      },
    ],
    [
      'in the body, when the status is known',
      (socket) => answerAndReset(socket, 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'),
      { kind: 'answer', status: 200 },
    ],
  ])('a reset %s', async (_, onConnection, expected) => {
    const url = await connecting(onConnection);

    const { value, durationMs } = await timed(sender.post(aBriefRequest(url, { body: UPLOAD })));

    expect(value).toMatchObject(expected);
    expect(durationMs).toBeLessThan(TIMEOUT_MS + SLACK_MS);
  });

  it('is done with one that never reads what it is sent when the deadline comes', async () => {
    let socket: Socket | undefined;
    const url = await connecting((accepted) => {
      socket = accepted.pause();
    });

    const { value, durationMs } = await timed(sender.post(aBriefRequest(url, { body: UPLOAD })));

    expect(value).toEqual({ kind: 'failure', error: 'timeout after 1 s' });
    expect(durationMs).toBeLessThan(TIMEOUT_MS + SLACK_MS);
    const closed = new Promise((resolve) => socket?.once('close', resolve));
    socket?.resume();
    await closed;
  });

  it('costs bounded memory, whatever is poured over it', async ({ annotate }) => {
    const floods = await startFloods();

    const grown: Record<string, number> = {};
    for (const [name, url] of Object.entries(floods)) grown[name] = await grownMb(url);

    const report = Object.entries(grown).map(([name, megabytes]) => `${name} ${megabytes.toFixed(1)} MB`);
    await annotate(`largest growth while ten attempts at once are flooded: ${report.join(', ')}`);
    for (const [name, megabytes] of Object.entries(grown))
      expect(megabytes, name).toBeLessThan(MEMORY_LIMIT_MB);
  });
});

/**
 * Half of what a function has, for ten at once of the worst: chunks of a letter each. They leave up to 140 MB of garbage, if
 * V8 collects none of it meanwhile.
 */
const MEMORY_LIMIT_MB = 256;
/** More than the buffers of both sockets hold. */
const UPLOAD = Buffer.alloc(16 * 1024 * 1024, 'x');

function answerAndReset(socket: Socket, text: string): void {
  socket.once('data', () => socket.write(text, () => socket.resetAndDestroy()));
}

/** The floods come from another thread, whose memory is not counted here. */
async function startFloods(): Promise<Record<string, string>> {
  const thread = new Worker(new URL('./fixtures/flood-thread.ts', import.meta.url));
  onTestFinished(() => void thread.terminate());
  const [urls] = await once(thread, 'message');
  return z.record(z.string(), z.url()).parse(urls);
}

/** By how much this thread's memory grew at most, in and outside of V8's heap, during ten attempts at the same time. */
async function grownMb(url: string): Promise<number> {
  const used = () => {
    const { heapUsed, external } = process.memoryUsage();
    return (heapUsed + external) / 1_000_000;
  };
  const before = used();
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, used());
  }, 10);
  await Promise.all(Array.from({ length: 10 }, () => sender.post(aBriefRequest(url))));
  clearInterval(timer);
  return most - before;
}
