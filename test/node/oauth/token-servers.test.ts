/** Token servers that behave as well-known ones do, each strict about what its real one is strict about. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { AddressGuard } from '../../../lib/node/http/address-guard.ts';
import { OAuthTokens } from '../../../lib/node/oauth/oauth-tokens.ts';
import type { Token, TokenClient } from '../../../lib/relay/ports/outgoing.ts';

const CLIENT_ID = '0oa-1+b';
const SECRET = 'p~8Q+/s ecret=';
const form = (text: string) => new URLSearchParams({ '': text }).toString().slice(1);
const ENCODED = `${form(CLIENT_ID)}:${form(SECRET)}`;
const UNENCODED = `${CLIENT_ID}:${SECRET}`;

interface Request {
  /** The decoded Basic credentials. */
  readonly basic: string | undefined;
  readonly form: Readonly<Record<string, string>>;
}

interface Server {
  /** The settings that make the relay work with it. */
  readonly settings: Partial<TokenClient>;
  readonly accepts: (request: Request) => boolean;
  readonly status?: number;
  readonly answer: string | object;
  readonly contentType?: string;
  readonly token: Token;
  readonly refusal: { readonly status: number; readonly body: object };
  /** The text of a refusal in the attempt’s record. */
  readonly said: string;
}

const isBasic = ({ basic, form }: Request) => basic === ENCODED && !('client_secret' in form);
const isPost = ({ basic, form }: Request) =>
  basic === undefined && form.client_id === CLIENT_ID && form.client_secret === SECRET;

const SERVERS: Record<string, Server> = {
  'Auth0, which wants an audience and the secret in the body': {
    settings: { secretIn: 'body', audience: 'https://api.example' },
    accepts: (request) => isPost(request) && request.form.audience === 'https://api.example',
    answer: { access_token: 'a.b.c', scope: 'x', expires_in: 86_400, token_type: 'Bearer' },
    token: { value: 'a.b.c', expiresInSeconds: 86_400 },
    refusal: { status: 401, body: { error: 'access_denied', error_description: 'Unauthorized' } },
    said: '401 access_denied: Unauthorized',
  },
  'Okta, which decodes standard Basic and wants a scope': {
    settings: { scope: 'orders' },
    accepts: (request) => isBasic(request) && request.form.scope === 'orders',
    answer: { token_type: 'Bearer', expires_in: 3_600, access_token: 'eyJ', scope: 'orders' },
    token: { value: 'eyJ', expiresInSeconds: 3_600 },
    refusal: {
      status: 401,
      body: { errorCode: 'invalid_client', errorSummary: 'Invalid value for ‘client_id’ parameter.' },
    },
    said: '401 invalid_client: Invalid value for ‘client_id’ parameter.',
  },
  'Azure AD v1, which wants a resource and writes the lifetime as text': {
    settings: { secretIn: 'body', parameters: { resource: 'https://api.example' } },
    accepts: (request) => isPost(request) && request.form.resource === 'https://api.example',
    answer: {
      token_type: 'Bearer',
      expires_in: '3599',
      ext_expires_in: '3599',
      expires_on: '1772366400',
      access_token: 'eyJ1',
    },
    token: { value: 'eyJ1', expiresInSeconds: 3_599 },
    refusal: {
      status: 401,
      body: {
        error: 'invalid_client',
        error_description: 'AADSTS7000215: Invalid client secret provided.\r\nTrace ID: 1\r\nTimestamp: 2',
        error_codes: [7_000_215],
      },
    },
    said: '401 invalid_client: AADSTS7000215: Invalid client secret provided. Trace ID: 1 Timestamp: 2',
  },
  'Azure AD v2, which wants a scope': {
    settings: { secretIn: 'body', scope: 'https://api.example/.default' },
    accepts: (request) => isPost(request) && request.form.scope === 'https://api.example/.default',
    answer: { token_type: 'Bearer', expires_in: 3_599, ext_expires_in: 3_599, access_token: 'eyJ2' },
    token: { value: 'eyJ2', expiresInSeconds: 3_599 },
    refusal: { status: 400, body: { error: 'invalid_scope', error_description: 'AADSTS1002012: bad scope' } },
    said: '400 invalid_scope: AADSTS1002012: bad scope',
  },
  'Cognito, which does not decode Basic': {
    settings: { secretIn: 'basic-unencoded' },
    accepts: ({ basic }) => basic === UNENCODED,
    answer: { access_token: 'eyJ3', expires_in: 3_600, token_type: 'Bearer' },
    token: { value: 'eyJ3', expiresInSeconds: 3_600 },
    refusal: { status: 400, body: { error: 'invalid_client' } },
    said: '400 invalid_client',
  },
  'Salesforce, which states no lifetime': {
    settings: { secretIn: 'body' },
    accepts: isPost,
    answer: {
      access_token: '00D!AQ',
      instance_url: 'https://x.my.salesforce.example',
      token_type: 'Bearer',
      issued_at: '1772366400000',
    },
    token: { value: '00D!AQ' },
    refusal: {
      status: 400,
      body: { error: 'invalid_grant', error_description: 'no client credentials user enabled' },
    },
    said: '400 invalid_grant: no client credentials user enabled',
  },
  'Keycloak, which adds a lifetime of a refresh token': {
    settings: {},
    accepts: isBasic,
    answer: {
      access_token: 'eyJ4',
      expires_in: 60,
      refresh_expires_in: 0,
      token_type: 'Bearer',
      'not-before-policy': 0,
    },
    token: { value: 'eyJ4', expiresInSeconds: 60 },
    refusal: {
      status: 401,
      body: {
        error: 'unauthorized_client',
        error_description: 'Invalid client or Invalid client credentials',
      },
    },
    said: '401 unauthorized_client: Invalid client or Invalid client credentials',
  },
  'a Shopify-like server, which names no token type': {
    settings: { secretIn: 'body' },
    accepts: isPost,
    answer: { access_token: 'shpat_1', scope: 'read_orders', expires_in: 86_399 },
    token: { value: 'shpat_1', expiresInSeconds: 86_399 },
    refusal: { status: 400, body: { error: 'application_cannot_be_found' } },
    said: '400 application_cannot_be_found',
  },
  'a Zoho-like server, which refuses with 200 and wants parameters of its own': {
    settings: { secretIn: 'body', scope: 'Desk.tickets.ALL', parameters: { soid: 'Desk.123' } },
    accepts: (request) => isPost(request) && request.form.soid === 'Desk.123',
    answer: {
      access_token: '1000.ab',
      api_domain: 'https://x.example',
      token_type: 'bearer',
      expires_in: 3_600,
    },
    token: { value: '1000.ab', expiresInSeconds: 3_600 },
    refusal: { status: 200, body: { error: 'invalid_client_secret' } },
    said: '200 invalid_client_secret',
  },
  'a Google-like server, whose errors are objects': {
    settings: { secretIn: 'body' },
    accepts: isPost,
    answer: { access_token: 'ya29.a0', expires_in: 3_599, token_type: 'BEARER' },
    token: { value: 'ya29.a0', expiresInSeconds: 3_599 },
    refusal: {
      status: 403,
      body: { error: { code: 403, message: 'API has not been used', status: 'PERMISSION_DENIED' } },
    },
    said: '403 PERMISSION_DENIED: API has not been used',
  },
  'one that creates tokens, with 201 and an odd type': {
    settings: {},
    accepts: isBasic,
    status: 201,
    answer: { access_token: 'abc', token_type: 'BearerToken', expires_in: '1799' },
    token: { value: 'abc', expiresInSeconds: 1_799 },
    refusal: { status: 401, body: { message: 'no' } },
    said: '401',
  },
  'one that answers with a form, as GitHub does unless asked for JSON': {
    settings: {},
    accepts: isBasic,
    answer: 'access_token=gho_1&scope=&token_type=bearer',
    contentType: 'application/x-www-form-urlencoded',
    token: { value: 'gho_1' },
    refusal: { status: 200, body: { error: 'incorrect_client_credentials', error_description: 'Wrong.' } },
    said: '200 incorrect_client_credentials: Wrong.',
  },
};

const issuer = new OAuthTokens(new AddressGuard(['127.0.0.0/8']));

async function serving({ accepts, status = 200, answer, contentType, refusal }: Server): Promise<string> {
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    const { authorization } = request.headers;
    const basic = authorization?.replace(/^Basic /, '');
    const accepted = accepts({
      basic: basic && Buffer.from(basic, 'base64').toString(),
      form: Object.fromEntries(new URLSearchParams(body)),
    });
    const isForm = request.headers['content-type'] === 'application/x-www-form-urlencoded';
    const isGood = accepted && isForm && new URLSearchParams(body).get('grant_type') === 'client_credentials';
    response.writeHead(isGood ? status : refusal.status, {
      'content-type': contentType ?? 'application/json',
    });
    const said = isGood ? answer : refusal.body;
    response.end(typeof said === 'string' ? said : JSON.stringify(said));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${z.looseObject({ port: z.int() }).parse(server.address()).port}/token`;
}

describe.each(Object.entries(SERVERS))('%s', (_, server) => {
  it('gives a token', async () => {
    const client = { tokenUrl: await serving(server), clientId: CLIENT_ID, clientSecret: SECRET };

    expect(await issuer.issue({ ...client, ...server.settings }, 5_000)).toEqual(server.token);
  });

  it('refuses with its own reason, which the record shows', async () => {
    const client = { tokenUrl: await serving(server), clientId: CLIENT_ID, clientSecret: 'another-one' };

    const asked = issuer.issue({ ...client, ...server.settings }, 5_000);

    await expect(asked).rejects.toMatchObject({ message: `the token server answered ${server.said}` });
  });
});
