import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { AddressGuard } from '../../../lib/node/http/address-guard.ts';
import { OAuthTokens } from '../../../lib/node/oauth/oauth-tokens.ts';
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
        body: 'grant_type=client_credentials&scope=orders+a&audience=erp',
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
    [
      'repeats what it was sent',
      400,
      { error: SECRET, error_description: `no ${SECRET}!` },
      {},
      '400: no ***!',
      false,
    ],
    ['is down', 503, 'busy', {}, '503', false],
    ['sends elsewhere', 302, '', { location: 'http://127.0.0.1:1/' }, '302', false],
  ])('that %s is told of by its status', async (_, status, body, headers, said, isRefusal) => {
    const failure = await failureOf(aClient(await answering(status, body, headers)));

    expect(failure).toMatchObject({ message: `the token server answered ${said}`, isRefusal });
  });

  it.each<[string, unknown]>([
    ['nothing', ''],
    ['no JSON', 'hello'],
    ['no token', { token_type: 'bearer' }],
    ['more than a token', { ...A_TOKEN, padding: 'x'.repeat(100_000) }],
  ])('that answers 200 with %s gives none', async (_, body) => {
    const failure = await failureOf(aClient(await answering(200, body)));

    expect(failure.message).toBe('the token server’s answer holds no token');
  });

  it('that gives what no header can hold is not believed', async () => {
    const failure = await failureOf(aClient(await answering(200, { ...A_TOKEN, access_token: 'a\r\nb: c' })));

    expect(failure.message).toBe('the token is not what a header can hold');
  });

  it.each(['mac', 'DPoP', 'PoP'])(
    'that answers with a token of the type %s is refused',
    async (token_type) => {
      const failure = await failureOf(aClient(await answering(200, { ...A_TOKEN, token_type })));

      expect(failure.message).toBe('the token server gives no bearer token');
    },
  );

  it.each<[string, object]>([
    ['no number', { expires_in: 'soon' }],
    ['null', { expires_in: null }],
    ['zero', { expires_in: 0 }],
    ['negative', { expires_in: '-5' }],
  ])('that states a lifetime that is %s is taken to state none', async (_, parts) => {
    const url = await answering(200, { ...A_TOKEN, ...parts });

    expect(await issuer.issue(aClient(url), 5_000)).toEqual({ value: 'abc' });
  });

  it('is heard out no further than 200 characters, on one line', async () => {
    const error_description = `AADSTS1: no\r\nTrace ID: \u0007 ${'x'.repeat(5_000)}`;
    const url = await answering(400, { error: 'invalid_scope', error_description });

    const { message } = await failureOf(aClient(url));

    expect(message).toMatch(/^the token server answered 400 invalid_scope: AADSTS1: no Trace ID: x+$/);
    expect(message.length).toBeLessThan(300);
  });

  it.each<[string, (client: TokenClient) => string]>([
    ['whole', ({ clientSecret }) => clientSecret],
    ['shortened', ({ clientSecret }) => `${clientSecret.slice(0, 9)}…`],
    ['its end', ({ clientSecret }) => clientSecret.slice(-8)],
    ['form-encoded', ({ clientSecret }) => new URLSearchParams({ s: clientSecret }).toString()],
    ['percent-encoded', ({ clientSecret }) => encodeURIComponent(clientSecret)],
    [
      'as Basic',
      ({ clientId, clientSecret }) => Buffer.from(`${clientId}:${clientSecret}`).toString('base64'),
    ],
    [
      'as Basic of the form-encoded pair',
      ({ clientId, clientSecret }) =>
        Buffer.from(
          [clientId, clientSecret]
            .map((part) => new URLSearchParams({ '': part }).toString().slice(1))
            .join(':'),
        ).toString('base64'),
    ],
    ['a parameter', ({ parameters }) => parameters?.assertion ?? ''],
  ])('that repeats the secret, %s, has it masked', async (_, said) => {
    const client = aClient('', {
      parameters: { assertion: 'a-long-assertion' },
      secretIn: 'basic-unencoded',
    });
    const url = await answering(401, { error: 'invalid_client', error_description: `You: ${said(client)}.` });

    const { message } = await failureOf({ ...client, tokenUrl: url });

    expect(message).toMatch(/^the token server answered 401 invalid_client: You: .*\*\*\*/);
    for (const part of ['hush +', 'S3CRET', 'S3CR', 'assertion', said(client)])
      expect(message).not.toContain(part);
  });

  it('that may repeat a secret too short to be found is quoted by its status and a standard code alone', async () => {
    const url = await answering(401, { error: 'invalid_client', error_description: 'not abc' });

    const { message } = await failureOf(aClient(url, { clientSecret: 'abc' }));

    expect(message).toBe('the token server answered 401 invalid_client');
  });

  it('has nothing unpacked that is compressed', async () => {
    const bomb = gzipSync(Buffer.alloc(2 * 1024 * 1024, ' '));
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
