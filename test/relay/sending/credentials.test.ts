import { randomBytes } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { parseRows } from '../../../lib/relay/config-rows.ts';
import { type Endpoint, endpointSchema } from '../../../lib/relay/endpoint/endpoint.ts';
import { toSigningSecret } from '../../../lib/relay/endpoint/signing-secret.ts';
import { SecretCache } from '../../../lib/relay/secrets/secret-cache.ts';
import { credentialsFor, invalidateSecretsOf } from '../../../lib/relay/sending/credentials.ts';
import { MemoryClock } from '../../memory/clock.ts';
import { MemorySecrets } from '../../memory/secrets.ts';
import { MemoryTokenIssuer } from '../../memory/token-issuer.ts';
import { aCertificate } from '../../node/http/certificates.ts';
import { seconds } from '../attempts.ts';
import { OAUTH2 } from './sent-requests.ts';

const certificate = await aCertificate({ name: 'relay.example' });

function anEndpoint(attributes: object): Endpoint {
  const row = { id: 'erp', attributes: { url: 'https://erp.example/', ...attributes } };
  const { valid, invalid } = parseRows([row], endpointSchema);
  const [endpoint] = valid;
  if (endpoint === undefined) throw new Error(invalid[0]?.reason);
  return endpoint;
}

/** A cache of these parameters, and the credentials that an endpoint gets from it. */
function aCache(values: Record<string, string> = {}) {
  const clock = new MemoryClock();
  const secrets = new MemorySecrets();
  Object.assign(secrets.values, values);
  const cache = new SecretCache({ clock, secrets, tokenIssuer: new MemoryTokenIssuer() });
  const wanted = () => ({ now: seconds(0), deadlineMs: clock.monotonicMs() + 10_000 });
  return {
    cache,
    invalidate: vi.spyOn(cache, 'invalidate'),
    credentials: (attributes: object) => credentialsFor(cache, anEndpoint(attributes), wanted()),
  };
}

describe('the credentials of an endpoint', () => {
  it('are empty without secrets in its row', async () => {
    expect(await aCache().credentials({ headers: { 'x-note': 'a note' } })).toStrictEqual({
      headers: { 'x-note': 'a note' },
      signingKeys: [],
      secrets: [],
    });
  });

  it.each<[string, object, string[]]>([
    ['a bearer token', { type: 'bearer', token: 'ssm:/token' }, ['of token']],
    ['a key in a header', { type: 'header', name: 'x-key', value: 'ssm:/token' }, ['of token']],
    [
      'a password and the pair, but no literal user name',
      { type: 'basic', username: 'relay', password: 'ssm:/token' },
      [Buffer.from('relay:of token').toString('base64'), 'of token'],
    ],
    [
      'a user name that is a secret elsewhere',
      { type: 'basic', username: 'ssm:/user', password: 'ssm:/token' },
      [Buffer.from('of user:of token').toString('base64'), 'of token', 'of user'],
    ],
    ['a token and the client secret', { ...OAUTH2, clientSecret: 'ssm:/token' }, ['token-1', 'of token']],
  ])('hide from answers: %s', async (_, auth, secrets) => {
    const { credentials } = aCache({ '/token': 'of token', '/user': 'of user' });

    expect((await credentials({ auth })).secrets).toEqual(secrets);
  });

  it('hide from answers the headers that refer to secrets, and every form of a signing key', async () => {
    const keys = [randomBytes(24), randomBytes(32)];
    const [signingSecret = '', previous = ''] = keys.map(toSigningSecret);

    const { secrets, signingKeys } = await aCache({ '/key': 'of key' }).credentials({
      headers: { 'x-note': 'a note', 'x-key': 'ssm:/key' },
      signingSecret,
      previousSigningSecrets: [{ secret: previous, until: seconds(1).toISOString() }],
    });

    expect(signingKeys).toEqual(keys);
    expect(secrets).toEqual([
      'of key',
      ...keys.flatMap((key) => (['base64', 'base64url', 'hex'] as const).map((form) => key.toString(form))),
    ]);
  });

  it('have no key of a previous secret whose time is over, and none without a current secret', async () => {
    const previousSigningSecrets = [
      { secret: toSigningSecret(randomBytes(24)), until: seconds(0).toISOString() },
    ];
    const { credentials } = aCache();

    expect((await credentials({ previousSigningSecrets })).signingKeys).toEqual([]);
    const signingSecret = toSigningSecret(randomBytes(24));
    expect((await credentials({ signingSecret, previousSigningSecrets })).signingKeys).toHaveLength(1);
  });

  it('are made once for a row that contains them', async () => {
    const { cache } = aCache();
    const wanted = { now: seconds(0), deadlineMs: 10_000 };
    const auth = { type: 'basic', username: 'relay', password: 'hush hush' };
    const signingSecret = toSigningSecret(randomBytes(24));
    const endpoint = anEndpoint({ auth, signingSecret, headers: { 'x-note': 'a note' } });

    const first = await credentialsFor(cache, endpoint, wanted);

    expect(await credentialsFor(cache, endpoint, wanted)).toBe(first);
  });

  it.each([
    ['a reference in a header', { headers: { 'x-key': 'ssm:/key' } }],
    ['a reference in its auth', { auth: { type: 'bearer', token: 'ssm:/key' } }],
    ['a token that expires', { auth: OAUTH2 }],
    [
      'a previous signing secret',
      {
        signingSecret: toSigningSecret(randomBytes(24)),
        previousSigningSecrets: [
          { secret: toSigningSecret(randomBytes(24)), until: seconds(1).toISOString() },
        ],
      },
    ],
  ])('are made for each request when the row has %s', async (_, attributes) => {
    const { cache } = aCache({ '/key': 'of key' });
    const wanted = { now: seconds(0), deadlineMs: 10_000 };
    const endpoint = anEndpoint(attributes);

    const first = await credentialsFor(cache, endpoint, wanted);

    expect(await credentialsFor(cache, endpoint, wanted)).not.toBe(first);
  });

  it('may come to 8192 bytes of headers, and no more', async () => {
    const { credentials } = aCache({ '/fits': 'x'.repeat(8_187), '/long': 'x'.repeat(8_188) });

    expect((await credentials({ headers: { 'x-key': 'ssm:/fits' } })).headers['x-key']).toHaveLength(8_187);
    await expect(credentials({ headers: { 'x-key': 'ssm:/long' } })).rejects.toThrow(
      'the headers come to more than 8192 bytes',
    );
  });
});

describe('a 401', () => {
  it('invalidates every secret of the endpoint’s row', () => {
    const { cache, invalidate } = aCache();
    const until = seconds(0).toISOString();
    const endpoint = anEndpoint({
      headers: { 'x-key': 'ssm:/header' },
      auth: { ...OAUTH2, clientSecret: 'ssm:/client', parameters: { soid: 'ssm:/parameter' } },
      signingSecret: 'ssm:/signing',
      previousSigningSecrets: [{ secret: 'ssm:/previous', until }],
      clientCertificate: 'ssm:/certificate',
      clientKey: 'ssm:/key',
      caCertificate: 'ssm:/ca',
    });

    invalidateSecretsOf(cache, endpoint);

    const references = invalidate.mock.calls
      .map(([secret]) => secret)
      .filter((one) => one.startsWith('ssm:'));
    expect(references).toEqual(
      ['header', 'client', 'parameter', 'signing', 'previous', 'certificate', 'key', 'ca'].map(
        (name) => `ssm:/${name}`,
      ),
    );
  });

  it('invalidates nothing for an endpoint without secrets', () => {
    const { cache, invalidate } = aCache();

    invalidateSecretsOf(cache, anEndpoint({}));

    expect(invalidate).not.toHaveBeenCalled();
  });
});

describe('the TLS identity of an endpoint', () => {
  it.each<[string, object, string[]]>([
    [
      'its certificate and key',
      { clientCertificate: certificate.cert, clientKey: certificate.key },
      ['certificate', 'key'],
    ],
    ['an authority', { caCertificate: certificate.cert }, ['ca']],
  ])('may be only %s', async (_, attributes, parts) => {
    expect(Object.keys((await aCache().credentials(attributes)).tls ?? {})).toEqual(parts);
  });

  it('cannot have an authority that is no certificate', async () => {
    await expect(aCache({ '/ca': 'hush' }).credentials({ caCertificate: 'ssm:/ca' })).rejects.toThrow(
      'the secret of caCertificate is not a certificate in PEM',
    );
  });
});
