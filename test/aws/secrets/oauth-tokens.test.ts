import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { AddressGuard } from '../../../lib/aws/http/address-guard.ts';
import { OAuthTokens } from '../../../lib/aws/secrets/oauth-tokens.ts';
import { type TokenClient, TokenError } from '../../../lib/relay/ports/outgoing.ts';

const issuer = new OAuthTokens(new AddressGuard(['127.0.0.0/8']));
const SECRET = 'hush +&:S3CRET';

/** A token server of the test, by its address. */
async function serving(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = z.looseObject({ port: z.int() }).parse(server.address());
  return `http://127.0.0.1:${port}/token`;
}

const answering = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  serving((_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });

const aClient = (tokenUrl: string, parts: Partial<TokenClient> = {}): TokenClient => ({
  tokenUrl,
  clientId: 'relay-1.a_b',
  clientSecret: SECRET,
  ...parts,
});

async function failureOf(client: TokenClient, timeoutMs = 5_000): Promise<TokenError> {
  const failure = await issuer.issue(client, timeoutMs).catch((error: unknown) => error);
  if (!(failure instanceof TokenError)) throw new Error(`no TokenError: ${failure}`);
  return failure;
}

const A_TOKEN = { access_token: 'abc', token_type: 'Bearer', expires_in: 3600 };

describe('a token', () => {
  it('is asked for by client credentials, and comes with its lifetime', async () => {
    const got: { method?: string | undefined; authorization?: string | undefined; body: string }[] = [];
    const url = await serving(async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString();
      got.push({ method: request.method, authorization: request.headers.authorization, body });
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(A_TOKEN));
    });

    const token = await issuer.issue(aClient(url, { scope: 'orders a', audience: 'erp' }), 5_000);

    expect(token).toEqual({ value: 'abc', expiresInSeconds: 3_600 });
    const encoded = 'relay-1.a_b:hush+%2B%26%3AS3CRET';
    expect(got).toEqual([
      {
        method: 'POST',
        authorization: `Basic ${Buffer.from(encoded).toString('base64')}`,
        body: 'scope=orders+a&audience=erp&grant_type=client_credentials',
      },
    ]);
  });

  it('may be without a lifetime', async () => {
    const url = await answering(200, { access_token: 'abc', token_type: 'bearer' });

    expect(await issuer.issue(aClient(url), 5_000)).toEqual({ value: 'abc' });
  });
});

describe('a token server', () => {
  it.each<[string, number, unknown, Record<string, string>, string, boolean]>([
    ['does not know the client', 401, { error: 'invalid_client' }, {}, '401 invalid_client', true],
    ['does not know the client, in a 400', 400, { error: 'invalid_client' }, {}, '400 invalid_client', true],
    ['challenges', 401, '', { 'www-authenticate': `Basic realm="${SECRET}"` }, '401', true],
    ['knows no such scope', 400, { error: 'invalid_scope' }, {}, '400 invalid_scope', false],
    ['repeats what it was sent', 400, { error: SECRET, error_description: SECRET }, {}, '400', false],
    ['is down', 503, 'busy', {}, '503', false],
    ['sends elsewhere', 302, '', { location: 'http://127.0.0.1:1/' }, '302', false],
    ['says nothing', 204, '', {}, '204', false],
  ])('that %s is told of by its status', async (_, status, body, headers, said, isRefusal) => {
    const failure = await failureOf(aClient(await answering(status, body, headers)));

    expect(failure).toMatchObject({ message: `the token server answered ${said}`, isRefusal });
  });

  it.each<[string, unknown]>([
    ['no JSON', 'hello'],
    ['no token', { token_type: 'bearer' }],
    ['a token of another type', { access_token: 'abc', token_type: 'mac' }],
    ['a lifetime that is none', { ...A_TOKEN, expires_in: 'soon' }],
    ['more than a token', { ...A_TOKEN, padding: 'x'.repeat(100_000) }],
  ])('that answers 200 with %s gives none', async (_, body) => {
    const failure = await failureOf(aClient(await answering(200, body)));

    expect(failure.message).toBe('the token server’s answer holds no token');
  });

  it('that gives what no header can hold is not believed', async () => {
    const failure = await failureOf(aClient(await answering(200, { ...A_TOKEN, access_token: 'a\r\nb: c' })));

    expect(failure.message).toBe('the token is not what a header can hold');
  });

  it('has nothing unpacked that is compressed', async () => {
    const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024, ' '));
    const url = await serving((_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
    );

    expect((await failureOf(aClient(url))).message).toBe('the token server’s answer holds no token');
  });

  it('that is not there, or says nothing in time, is told of in a few words', async () => {
    const silent = await serving(() => {});

    expect((await failureOf(aClient('http://127.0.0.1:1/token'))).message).toBe('connection refused');
    expect((await failureOf(aClient(silent), 200)).message).toBe('timeout');
  });

  it.each(['http://127.0.0.1:9/', 'https://169.254.169.254/token', 'https://[::1]/token'])(
    'must have an address that an endpoint may have: %s',
    async (tokenUrl) => {
      const guarded = new OAuthTokens(new AddressGuard());

      await expect(guarded.issue(aClient(tokenUrl), 5_000)).rejects.toThrow(
        new TokenError('refused: its address is not public'),
      );
    },
  );
});
