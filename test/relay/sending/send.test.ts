import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { toSigningSecret } from '../../../lib/relay/endpoint/signing-secret.ts';
import { signatureOf } from '../../../lib/relay/sending/signature.ts';
import { aRelay } from '../a-relay.ts';
import { another, errorsOf, headersOf, OAUTH2, sent, UNAUTHORIZED, wants } from './sent-requests.ts';

describe('a request', () => {
  it.each<[string, object, object]>([
    ['nothing of its own when the row asks for nothing', {}, {}],
    ['the headers of the row', { headers: { 'X-Key': 'a b' } }, { 'X-Key': 'a b' }],
    [
      'Basic credentials in UTF-8',
      { auth: { type: 'basic', username: 'relay', password: 'Zürich:1' } },
      { authorization: `Basic ${Buffer.from('relay:Zürich:1').toString('base64')}` },
    ],
    ['a bearer token', { auth: { type: 'bearer', token: 'abc' } }, { authorization: 'Bearer abc' }],
    ['a key', { auth: { type: 'header', name: 'X-Api-Key', value: 'abc' } }, { 'X-Api-Key': 'abc' }],
    ['a token that was fetched', { auth: OAUTH2 }, { authorization: 'Bearer token-1' }],
    [
      'values that the row only refers to',
      { headers: { 'x-key': 'ssm:/key' }, auth: { type: 'bearer', token: 'ssm:/token' } },
      { 'x-key': 'of key', authorization: 'Bearer of token' },
    ],
  ])('carries %s', async (_, attributes, headers) => {
    const relay = await sent(attributes, ({ secrets }) => {
      Object.assign(secrets.values, { '/key': 'of key', '/token': 'of token' });
    });

    expect(headersOf(relay)).toEqual([headers]);
  });

  it('is signed with the secret of the row, over the very bytes and the headers that it has', async () => {
    const key = randomBytes(32);

    const relay = await sent({ signingSecret: toSigningSecret(key) });

    const [request] = relay.sender.to('erp');
    if (request === undefined) throw new Error('nothing was sent');
    const { headers, body } = request;
    const id = headers['webhook-id'] ?? '';
    const timestamp = headers['webhook-timestamp'] ?? '';
    expect(headers['webhook-signature']).toBe(signatureOf([key], { id, timestamp, body }));
  });

  it.each([
    ['one that the row refers to', 'ssm:/new'],
    ['one in the row', toSigningSecret(randomBytes(64))],
  ])(
    'is signed with each previous secret until that one’s time is over, beside %s',
    async (_, signingSecret) => {
      const previousSigningSecrets = ['2026-03-01T14:00:00Z', '2026-03-01T13:00:00Z'].map((until) => ({
        secret: toSigningSecret(randomBytes(24)),
        until,
      }));
      const relay = aRelay();
      relay.secrets.values['/new'] = toSigningSecret(randomBytes(64));
      relay.endpoint('erp', { signingSecret, previousSigningSecrets, ordering: 'none' });
      const signatures = () =>
        relay.sender.to('erp').map(({ headers }) => headers['webhook-signature']?.split(' ').length);

      await another(relay);
      relay.minutes(60);
      await another(relay);
      relay.minutes(60);
      await another(relay);

      expect(signatures()).toEqual([3, 2, 1]);
    },
  );
});

describe('a secret that a row refers to', () => {
  it('is read once in five minutes', async () => {
    const relay = await sent({ headers: { 'x-key': 'ssm:/key' } }, ({ secrets }) => {
      secrets.values['/key'] = 'a';
    });
    relay.secrets.values['/key'] = 'b';

    relay.minutes(4);
    await another(relay);
    relay.minutes(1);
    await another(relay);

    expect(headersOf(relay)).toEqual([{ 'x-key': 'a' }, { 'x-key': 'a' }, { 'x-key': 'b' }]);
    expect(relay.secrets.asked).toEqual(['/key', '/key']);
  });

  it('is read again at once when it is refused, and sent once more if it has changed', async () => {
    const relay = await sent({ auth: { type: 'bearer', token: 'ssm:/key' } }, ({ secrets }) => {
      secrets.values['/key'] = 'a';
    });
    relay.secrets.values['/key'] = 'b';
    relay.sender.answers.set('erp', wants('Bearer b'));
    relay.minutes(1);

    await another(relay);

    expect(headersOf(relay)).toEqual(['a', 'a', 'b'].map((token) => ({ authorization: `Bearer ${token}` })));
    expect(await relay.rows()).toEqual([]);
  });

  it('is not sent again when it is refused and has not changed', async () => {
    const relay = await sent({ auth: { type: 'bearer', token: 'ssm:/key' } }, ({ secrets, sender }) => {
      secrets.values['/key'] = 'a';
      sender.answers.set('erp', UNAUTHORIZED);
    });

    expect(headersOf(relay)).toHaveLength(1);
    expect(await relay.rows()).toMatchObject([{ attempts: [{ status: 401 }], attemptCount: 1 }]);
  });

  it('that was read only just now is not read again for every 401', async () => {
    const relay = await sent({ auth: { type: 'bearer', token: 'ssm:/key' } }, ({ secrets, sender }) => {
      secrets.values['/key'] = 'a';
      sender.answers.set('erp', UNAUTHORIZED);
    });
    for (let count = 0; count < 5; count++) await another(relay);

    expect(relay.secrets.asked).toEqual(['/key']);
  });

  it.each<[string, object, string]>([
    [
      'cannot be read',
      { headers: { 'x-key': 'ssm:/none' } },
      'secret ssm:/none could not be read: ParameterNotFound',
    ],
    [
      'is not what a header can hold',
      { headers: { 'x-key': 'ssm:/lines' } },
      'secret ssm:/lines is not what a header can hold: visible ASCII characters',
    ],
    [
      'is no signing secret',
      { signingSecret: 'ssm:/lines' },
      'secret ssm:/lines is not whsec_ and the base64 of 24 to 64 bytes',
    ],
    [
      'is too long for a header',
      { headers: { 'x-key': 'ssm:/long' } },
      'the headers come to more than 8192 bytes',
    ],
    [
      'of a client cannot be read',
      { auth: { ...OAUTH2, clientSecret: 'ssm:/none' } },
      'secret ssm:/none could not be read: ParameterNotFound',
    ],
  ])('that %s is a failed attempt without a request', async (_, attributes, error) => {
    const relay = await sent(attributes, ({ secrets }) => {
      Object.assign(secrets.values, { '/lines': 'two\nlines', '/long': 'x'.repeat(9_000) });
    });

    expect(relay.sender.requests).toEqual([]);
    expect(await relay.rows()).toMatchObject([{ state: 'pending', attempts: [{ error }], attemptCount: 1 }]);
  });

  it('that cannot be read opens the circuit, so that what waits uses up no attempts, and all is sent in the end', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none', headers: { 'x-key': 'ssm:/key' } });
    relay.endpoint('shop');
    const eventIds = [];
    for (let count = 0; count < 8; count++) {
      eventIds.push(await relay.accepted());
      await relay.work();
    }
    await relay.run(3);
    expect(await relay.healthOf('erp')).toMatchObject({ state: 'failing' });
    const attempts = (await relay.rows()).map(({ attemptCount }) => attemptCount);
    expect(Math.max(...attempts)).toBeLessThanOrEqual(2);
    expect(relay.sender.eventsTo('shop')).toEqual(eventIds);

    relay.secrets.values['/key'] = 'a';
    await relay.run(20);

    expect(relay.sender.eventsTo('erp').toSorted()).toEqual(eventIds);
    expect(await relay.healthOf('erp')).toMatchObject({ state: 'ok' });
  });

  it('that is read by something which breaks fails its own endpoint alone', async () => {
    const relay = await sent({ headers: { 'x-key': 'ssm:/key' } }, (one) => {
      one.endpoint('shop');
      one.secrets.read = () => Promise.reject(new RangeError('never to be shown'));
    });

    expect(await errorsOf(relay)).toEqual(['secret ssm:/key could not be read: RangeError']);
    expect(relay.sender.to('shop')).toHaveLength(1);
  });
});

describe('the deadline of an attempt', () => {
  it('covers the secrets, the token and the request together', async () => {
    const asked: number[] = [];
    const relay = await sent(
      { auth: { ...OAUTH2, clientSecret: 'ssm:/client' }, timeoutSeconds: 4 },
      ({ clock, secrets, tokenIssuer }) => {
        secrets.read = async (_, timeoutMs = 0) => {
          asked.push(timeoutMs);
          clock.advance(1_000);
          return 'hush';
        };
        tokenIssuer.answer = async (_, __, timeoutMs) => {
          asked.push(timeoutMs);
          clock.advance(1_500);
          return { value: 'token' };
        };
      },
    );

    expect(asked).toEqual([4_000, 3_000]);
    expect(relay.sender.to('erp')).toMatchObject([{ timeoutMs: 1_500 }]);
  });
});

describe('a fetched token that the endpoint refuses', () => {
  it('is replaced, and the request is sent once more, both within the same deadline', async () => {
    const asked: number[] = [];
    const relay = await sent({ auth: OAUTH2, timeoutSeconds: 4 }, ({ clock, sender, tokenIssuer }) => {
      tokenIssuer.answer = async (_, __, timeoutMs) => {
        asked.push(timeoutMs);
        clock.advance(1_000);
        return { value: `token-${asked.length}` };
      };
      sender.answers.set('erp', async (request) => {
        clock.advance(500);
        return wants('Bearer token-2')(request);
      });
    });

    expect(headersOf(relay)).toEqual([
      { authorization: 'Bearer token-1' },
      { authorization: 'Bearer token-2' },
    ]);
    expect(asked).toEqual([4_000, 2_500]);
    expect(relay.sender.to('erp')).toMatchObject([{ timeoutMs: 3_000 }, { timeoutMs: 1_500 }]);
    expect(await relay.rows()).toEqual([]);
  });
});

const SIGNING_KEY = randomBytes(32);

describe('what is kept of an answer', () => {
  it.each<[string, object, string]>([
    ['a header', { headers: { 'x-key': 'S3CRET value' } }, 'S3CRET value'],
    ['a bearer token', { auth: { type: 'bearer', token: 'S3CRET' } }, 'S3CRET'],
    ['a password', { auth: { type: 'basic', username: 'relay', password: 'S3CRET' } }, 'S3CRET'],
    [
      'Basic credentials',
      { auth: { type: 'basic', username: 'relay', password: 'S3CRET' } },
      Buffer.from('relay:S3CRET').toString('base64'),
    ],
    ['a fetched token', { auth: OAUTH2 }, 'token-1'],
    ['a client secret', { auth: OAUTH2 }, 'hush-hush'],
    ['a signing secret', { signingSecret: toSigningSecret(SIGNING_KEY) }, SIGNING_KEY.toString('base64')],
    [
      'a signing secret in hexadecimal',
      { signingSecret: toSigningSecret(SIGNING_KEY) },
      SIGNING_KEY.toString('hex'),
    ],
    ['a key of the URL', { url: 'https://erp/services/T0AB12CD3?orderid=' }, 'T0AB12CD3'],
    [
      'a token with quotes in JSON',
      { auth: { type: 'bearer', token: 'a"b"c"d"e' } },
      String.raw`a\"b\"c\"d\"e`,
    ],
    ['a secret that was read', { headers: { 'x-key': 'ssm:/key' } }, 'read from SSM'],
  ])('does not repeat %s', async (_, attributes, secret) => {
    const relay = await sent(attributes, ({ sender, secrets }) => {
      secrets.values['/key'] = 'read from SSM';
      sender.answers.set('erp', { kind: 'answer', status: 400, text: `you sent: ${secret}!` });
    });

    expect(await relay.rows()).toMatchObject([{ attempts: [{ answer: 'you sent: ***!' }] }]);
  });

  it('is nothing when a secret is too short to be found', async () => {
    const relay = await sent({ auth: { type: 'bearer', token: 'abc' } }, ({ sender }) => {
      sender.answers.set('erp', { kind: 'answer', status: 400, text: 'no' });
    });

    expect(await relay.rows()).toMatchObject([{ attempts: [{ status: 400, answer: '' }] }]);
  });
});
