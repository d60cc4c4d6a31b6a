import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AddressGuard } from '../../../lib/node/http/address-guard.ts';
import { HttpSender } from '../../../lib/node/http/http-sender.ts';
import { aBriefRequest, aRequest, sender, serving, TIMEOUT_MS, timed } from './hostile-receiver.ts';

const run = promisify(execFile);

describe('the sender', () => {
  it('posts the very bytes and headers, and tells the answer', async () => {
    const got: { method?: string | undefined; type?: string | undefined; body: Buffer }[] = [];
    const url = await serving(async (request, response) => {
      const body = Buffer.concat(await request.toArray());
      got.push({ method: request.method, type: request.headers['content-type'], body });
      response.writeHead(202, { 'Retry-After': '7', 'X-Twice': ['a', 'b'] }).end('taken');
    });
    const body = Buffer.from([0xff, 0x00, 0x7b]);

    const result = await sender.post(aRequest(url, { body, headers: { 'content-type': 'x/y' } }));

    expect(result).toMatchObject({ kind: 'answer', status: 202, text: 'taken', retryAfter: '7' });
    expect(result).toMatchObject({ headers: { 'retry-after': '7', 'x-twice': 'a, b' } });
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

  it('takes none of proxies that Node is told of when it starts', async () => {
    let proxied = 0;
    const proxy = await serving((_, response) => {
      proxied += 1;
      response.end();
    });
    const url = await serving((_, response) => response.end('direct'));
    const { origin } = new URL(proxy);
    const program = fileURLToPath(new URL('./fixtures/posts-once.ts', import.meta.url));
    const proxies = { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: origin, HTTPS_PROXY: origin, ALL_PROXY: origin };

    const { stdout } = await run(process.execPath, [program, url], { env: { ...process.env, ...proxies } });

    expect(JSON.parse(stdout)).toMatchObject({ kind: 'answer', text: 'direct' });
    expect(proxied).toBe(0);
  });

  it('goes where a redirect points to no more than anywhere else: not to what is a function’s own', async () => {
    const location = 'http://127.0.0.1:9001/2018-06-01/runtime/invocation/next';
    const url = await serving((_, response) => response.writeHead(302, { location }).end('moved'));

    expect(await sender.post(aRequest(url))).toMatchObject({
      kind: 'answer',
      status: 302,
      text: 'moved',
      headers: { location },
    });
    expect(await new HttpSender().post(aRequest(location))).toEqual({
      kind: 'failure',
      error: 'refused: its address is not public',
    });
  });

  it.each([
    'https://127.0.0.1./',
    'https://127.1/',
    'https://0x7f.0.0.1/',
    'https://2130706433/',
    'https://１２７.０.０.１/',
    'https://①②⑦.0.0.1/',
    'https://[::ffff:7f00:1]/',
    'https://[0:0:0:0:0:0:0:1]/',
    'https://LOCALHOST/',
  ])('sees through %s', async (url) => {
    expect(await new HttpSender().post(aRequest(url))).toEqual({
      kind: 'failure',
      error: 'refused: its address is not public',
    });
  });

  it.each(['https://[fe80::1%25eth0]/', 'https://', 'nonsense'])(
    'fails, and does not throw, at what is no URL: %s',
    async (url) => {
      expect(await sender.post(aRequest(url))).toMatchObject({ kind: 'failure' });
    },
  );

  it('ends with its deadline while a name is being looked up', async () => {
    const never = new AddressGuard([], (() => {}) as never);

    const { value, durationMs } = await timed(
      new HttpSender(never).post(aBriefRequest('https://slow.example/hook')),
    );

    expect(value).toEqual({ kind: 'failure', error: 'timeout after 1 s' });
    expect(durationMs).toBeGreaterThanOrEqual(TIMEOUT_MS - 50);
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
