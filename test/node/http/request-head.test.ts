import { describe, expect, it } from 'vitest';
import { AddressGuard } from '../../../lib/node/http/address-guard.ts';
import { guardedPost } from '../../../lib/node/http/guarded-post.ts';
import { postTarget } from '../../../lib/node/http/post-target.ts';
import { aRequest, connecting, sender } from './hostile-receiver.ts';

/** A server that answers a request, and the bytes that it got. */
async function recording() {
  const received: Buffer[] = [];
  const url = await connecting((socket) =>
    socket.on('data', (bytes) => {
      if (received.length === 0) socket.write('HTTP/1.1 204 No Content\r\n\r\n');
      received.push(bytes);
    }),
  );
  return { url, host: new URL(url).host, got: () => Buffer.concat(received).toString().split('\r\n') };
}

describe('a request', () => {
  it('names the host, the length and the headers that it was given, and keeps the connection', async () => {
    const { url, host, got } = await recording();
    const headers = { 'content-type': 'x/y', 'x-empty': '', ['__proto__']: 'no prototype' };

    await sender.post(aRequest(`${url}?a=%20#part`, { headers, body: Buffer.from('{"é":1}') }));

    const lines = ['content-type: x/y', 'x-empty: ', '__proto__: no prototype', 'Content-Length: 8'];
    expect(got()).toEqual([
      'POST /hook?a=%20 HTTP/1.1',
      `Host: ${host}`,
      'Connection: keep-alive',
      ...lines,
      '',
      '{"é":1}',
    ]);
  });

  it('of a text has its length in bytes, and closes a connection that is not kept', async () => {
    const { url, host, got } = await recording();
    const request = { url, headers: {}, body: 'é=🧵', timeoutMs: 10_000, answerLimitBytes: 100 };

    await guardedPost(new AddressGuard(['127.0.0.0/8']), request);

    expect(got()).toEqual([
      'POST /hook HTTP/1.1',
      `Host: ${host}`,
      'Connection: close',
      'Content-Length: 7',
      '',
      'é=🧵',
    ]);
  });

  it.each([
    ['https://a.example/hook', 'a.example', 443, 'a.example'],
    ['https://a.example:443/hook', 'a.example', 443, 'a.example'],
    ['http://A.example:80/hook', 'a.example', 80, 'a.example'],
    ['http://a.example:443/hook', 'a.example', 443, 'a.example:443'],
    ['https://a.example:8443/hook', 'a.example', 8443, 'a.example:8443'],
    ['https://[2001:DB8::1]/hook', '2001:db8::1', 443, '[2001:db8::1]'],
    ['http://[2001:db8::1]:8080/hook', '2001:db8::1', 8080, '[2001:db8::1]:8080'],
    ['https://zürich.example/hook', 'xn--zrich-kva.example', 443, 'xn--zrich-kva.example'],
  ])('to %s goes to the host %s at port %i, and names %s', (url, hostname, port, host) => {
    expect(postTarget(url, undefined)).toMatchObject({ hostname, port, host });
  });
});
