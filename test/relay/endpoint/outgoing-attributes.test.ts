import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRows } from '../../../lib/relay/config-rows.ts';
import { endpointSchema } from '../../../lib/relay/endpoint/endpoint.ts';
import { anyChar } from '../../any-char.ts';

const SECRET = 'hush-S3CRET';

/** The reason why an endpoint with these attributes is invalid; undefined when it is valid. */
function reasonAgainst(attributes: object): string | undefined {
  const row = { id: 'erp', attributes: { url: 'https://erp.example/', ...attributes } };
  return parseRows([row], endpointSchema).invalid[0]?.reason;
}

const signingSecret = (bytes: number) => `whsec_${randomBytes(bytes).toString('base64')}`;
const A_SIGNING_SECRET = signingSecret(32);
const BASIC = { type: 'basic', username: 'relay', password: SECRET };
const OAUTH2 = {
  type: 'oauth2',
  tokenUrl: 'https://tokens.example/token',
  clientId: 'relay',
  clientSecret: SECRET,
};

describe('the headers of an endpoint', () => {
  it.each([
    ['any token', { 'X-Api_Key.1~!': 'x' }],
    ['spaces and tabs within a value', { 'x-note': 'a b\tc' }],
    ['references', { 'x-key': 'ssm:/relay/erp/key', 'x-id': 'ssm:/aws/reference/secretsmanager/erp+1@x' }],
    ['what JavaScript has for itself', JSON.parse('{"__proto__":"x","constructor":"y"}')],
    ['authorization, without auth', { Authorization: 'ApiKey abc' }],
    ['fifty of them', Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`x-${index}`, 'y']))],
  ])('may be %s', (_, headers) => {
    expect(reasonAgainst({ headers })).toBeUndefined();
  });

  it.each([
    'Host',
    'content-encoding',
    'content-length',
    'Content-Type',
    'connection',
    'keep-alive',
    'Proxy-Authorization',
    'te',
    'trailer',
    'Transfer-Encoding',
    'upgrade',
    'expect',
    'webhook-id',
    'Webhook-Signature',
    'user-agent',
  ])('have no %s, and the reason names it', (name) => {
    expect(reasonAgainst({ headers: { [name]: SECRET } })).toBe(
      `headers: must not have ${name}, which the relay sets itself`,
    );
  });

  it.each([
    ['a line end in a value', { 'x-key': `${SECRET}\r\nhost: evil` }, 'visible ASCII'],
    ['a bare line feed', { 'x-key': `${SECRET}\nx` }, 'visible ASCII'],
    ['a NUL', { 'x-key': `${SECRET}\0` }, 'visible ASCII'],
    ['what is not ASCII', { 'x-key': `${SECRET}é` }, 'visible ASCII'],
    ['nothing but spaces', { 'x-key': '  ' }, 'visible ASCII'],
    ['an empty value', { 'x-key': '' }, 'x-key, which must not be empty'],
    ['a value that is no text', { 'x-key': 7 }, 'text as the value of x-key'],
    ['a reference to nothing', { 'x-key': 'ssm:relay' }, 'x-key, which must be a value, or ssm:/'],
    ['a line end in a name', { [`${SECRET}\r\nhost`]: 'x' }, 'letters, digits and hyphens'],
    ['a colon in a name', { [`x:${SECRET}`]: 'x' }, 'letters, digits and hyphens'],
    ['a name without a character', { '': 'x' }, 'letters, digits and hyphens'],
    ['one name in two cases', { 'x-key': SECRET, 'X-KEY': SECRET }, 'must have x-key once'],
    ['no map', [SECRET], 'must be a map'],
    ['text', SECRET, 'must be a map'],
    [
      'fifty-one of them',
      Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`x-${index}`, 'y'])),
      '50 at most',
    ],
    ['more than 8 KB', { 'x-key': SECRET.repeat(800) }, '8192 bytes at most'],
  ])('cannot be %s, and the reason repeats no value', (_, headers, message) => {
    const reason = reasonAgainst({ headers });

    expect(reason).toContain(message);
    expect(reason).not.toContain(SECRET);
  });

  it('are refused with a reason whatever they are, or could be sent as one line each', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: anyChar }), fc.string({ unit: anyChar })), (headers) => {
        if (reasonAgainst({ headers }) !== undefined) return;
        for (const [name, value] of Object.entries(headers)) {
          expect(() => new Headers().set(name, value)).not.toThrow();
          expect(name + value).not.toMatch(/[\r\n\0]/);
        }
      }),
    );
  });
});

describe('the auth of an endpoint', () => {
  it.each<[string, object]>([
    ['basic', BASIC],
    ['basic with references', { ...BASIC, username: 'ssm:/relay/user', password: 'ssm:/relay/password' }],
    ['basic with a password beyond ASCII', { ...BASIC, password: 'Zürich 🧵 : ' }],
    ['bearer', { type: 'bearer', token: SECRET }],
    ['header', { type: 'header', name: 'X-Api-Key', value: SECRET }],
    ['oauth2', OAUTH2],
    ['oauth2 with all parts', { ...OAUTH2, scope: 'orders:write a', audience: 'https://erp.example' }],
  ])('may be %s', (_, auth) => {
    expect(reasonAgainst({ auth, headers: { 'x-key': 'y' } })).toBeUndefined();
  });

  it.each<[string, object | string, string]>([
    [
      'of an unknown type',
      { ...BASIC, type: 'digest' },
      'auth.type: must have a type: basic, bearer, header or oauth2',
    ],
    ['without a type', { password: SECRET }, 'auth.type: must have a type'],
    ['text', SECRET, 'auth: '],
    ['basic without a password', { type: 'basic', username: 'relay' }, 'auth.password: '],
    [
      'basic with a colon in the name',
      { ...BASIC, username: `a:${SECRET}` },
      'auth.username: must have no colon',
    ],
    ['basic with a line end', { ...BASIC, password: `${SECRET}\n` }, 'auth.password: must have no control'],
    ['bearer with a line end', { type: 'bearer', token: `${SECRET}\r\n` }, 'auth.token: must be visible'],
    ['a header of the relay’s', { type: 'header', name: 'Host', value: SECRET }, 'auth.name: must not be'],
    ['a header without a name', { type: 'header', name: `${SECRET} `, value: 'x' }, 'auth.name: must be'],
    ['oauth2 without a URL', { ...OAUTH2, tokenUrl: SECRET }, 'auth.tokenUrl: must be an absolute'],
    [
      'oauth2 with a password in the URL',
      { ...OAUTH2, tokenUrl: `https://a:${SECRET}@tokens.example` },
      'auth.tokenUrl: must not carry',
    ],
    [
      'oauth2 with the secret in an unknown place',
      { ...OAUTH2, secretIn: SECRET },
      'auth.secretIn: must be basic, basic-unencoded, body',
    ],
    ['oauth2 with an empty scope', { ...OAUTH2, scope: '' }, 'auth.scope: must not be empty'],
    ['oauth2 with parameters in a text', { ...OAUTH2, parameters: SECRET }, 'auth.parameters: must be a map'],
    [
      'oauth2 with a parameter that the grant sets',
      { ...OAUTH2, parameters: { client_secret: SECRET } },
      'auth.parameters: must not have client_secret, which is set by another part of auth',
    ],
    [
      'oauth2 with a parameter that is no text',
      { ...OAUTH2, parameters: { resource: { a: SECRET } } },
      'auth.parameters: must have text as the value of resource',
    ],
    [
      'oauth2 with an odd name of a parameter',
      { ...OAUTH2, parameters: { [`${SECRET} `]: 'x' } },
      'auth.parameters: must have names of',
    ],
    [
      'oauth2 with a parameter of a bad reference',
      { ...OAUTH2, parameters: { soid: `ssm:${SECRET}` } },
      'auth.parameters: must have a good value for soid, which must be a value, or ssm:/',
    ],
    ['with parts of another', { ...BASIC, token: SECRET }, 'auth: Unrecognized key: "token"'],
  ])('cannot be %s, and the reason repeats no value', (_, auth, message) => {
    const reason = reasonAgainst({ auth });

    expect(reason).toContain(message);
    expect(reason).not.toContain(SECRET);
  });

  it.each([
    ['authorization', BASIC],
    ['AUTHORIZATION', { type: 'header', name: 'x-key', value: SECRET }],
    ['X-Key', { type: 'header', name: 'x-key', value: SECRET }],
  ])('cannot be beside a header %s', (name, auth) => {
    expect(reasonAgainst({ auth, headers: { [name]: SECRET } })).toBe(
      `headers: must not have ${name} beside auth`,
    );
  });
});

describe('the signing secrets of an endpoint', () => {
  it.each([24, 32, 64])('may have %i bytes', (bytes) => {
    expect(reasonAgainst({ signingSecret: signingSecret(bytes) })).toBeUndefined();
  });

  it('may be five, of which each older one has its time, and may be references', () => {
    const times = [
      '2026-03-01T12:00:00Z',
      '2026-03-01T12:00:00+01:00',
      ...Array(2).fill('2026-03-02T12:00:00Z'),
    ];
    const previousSigningSecrets = times.map((until) => ({ secret: 'ssm:/relay/erp/signing', until }));

    expect(reasonAgainst({ signingSecret: A_SIGNING_SECRET, previousSigningSecrets })).toBeUndefined();
    expect(
      reasonAgainst({ previousSigningSecrets: [...previousSigningSecrets, ...previousSigningSecrets] }),
    ).toBe('previousSigningSecrets: must be at most 4');
  });

  it.each<[string, unknown]>([
    ['too short', signingSecret(23)],
    ['too long', signingSecret(65)],
    ['without its prefix', A_SIGNING_SECRET.slice('whsec_'.length)],
    ['no base64', `${A_SIGNING_SECRET.slice(0, 20)}!${A_SIGNING_SECRET.slice(20)}`],
    ['a list', [A_SIGNING_SECRET]],
  ])('cannot be %s, and the reason repeats none', (_, secret) => {
    const previousSigningSecrets = [{ secret, until: '2026-03-01T12:00:00Z' }];
    const reasons = [reasonAgainst({ signingSecret: secret }), reasonAgainst({ previousSigningSecrets })];

    expect(reasons[0]).toContain('signingSecret: ');
    expect(reasons[1]).toContain('previousSigningSecrets.0.secret: ');
    expect(reasons.join()).not.toContain(A_SIGNING_SECRET.slice(6, 20));
  });

  it('have an end that is a time', () => {
    const previousSigningSecrets = [{ secret: A_SIGNING_SECRET, until: 'tomorrow' }];

    expect(reasonAgainst({ previousSigningSecrets })).toBe(
      'previousSigningSecrets.0.until: must be a time in ISO 8601',
    );
  });
});
