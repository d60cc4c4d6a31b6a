import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type OutgoingRequest, type SendResult, TokenError } from '../../lib/relay/ports.ts';
import { signatureOf } from '../../lib/relay/signature.ts';
import { toSigningSecret } from '../../lib/relay/signing-secret.ts';
import { aRelay, OK } from './a-relay.ts';

const UNAUTHORIZED: SendResult = { kind: 'answer', status: 401, text: 'who are you?' };
const OAUTH2 = {
  type: 'oauth2',
  tokenUrl: 'https://tokens.example/token',
  clientId: 'relay',
  clientSecret: 'hush',
};

type TestRelay = ReturnType<typeof aRelay>;

/** A relay with one endpoint, to which one webhook has been fanned out. */
async function sent(attributes: object, prepare: (relay: TestRelay) => void = () => {}): Promise<TestRelay> {
  const relay = aRelay();
  relay.endpoint('erp', { ordering: 'none', ...attributes });
  prepare(relay);
  await another(relay);
  return relay;
}

async function another(relay: TestRelay): Promise<void> {
  await relay.accepted();
  await relay.fanOut();
}

/** The headers of all requests, without those that each has. */
function headersOf({ sender }: TestRelay): object[] {
  return sender.to('erp').map(({ headers }) => {
    const {
      'content-type': _,
      'user-agent': __,
      'webhook-id': ___,
      'webhook-timestamp': ____,
      ...rest
    } = headers;
    return rest;
  });
}

/** How the last attempt of each delivery that was not delivered went wrong. */
async function errorsOf(relay: TestRelay): Promise<(string | undefined)[]> {
  return (await relay.rows()).map(({ attempts }) => attempts.at(-1)?.error);
}

/** Answers 401 to whoever does not have it. */
const wants =
  (value: string, name = 'authorization') =>
  async ({ headers }: OutgoingRequest) =>
    headers[name] === value ? OK : UNAUTHORIZED;

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

    const relay = await sent({ signingSecrets: [toSigningSecret(key)] });

    const [request] = relay.sender.to('erp');
    if (request === undefined) throw new Error('nothing was sent');
    const { headers, body } = request;
    const id = headers['webhook-id'] ?? '';
    const timestamp = headers['webhook-timestamp'] ?? '';
    expect(headers['webhook-signature']).toBe(signatureOf([key], { id, timestamp, body }));
  });

  it('is signed with both secrets until the older one’s time is over', async () => {
    const signingSecrets = ['ssm:/new', toSigningSecret(randomBytes(24))];
    const relay = aRelay();
    relay.secrets.values['/new'] = toSigningSecret(randomBytes(64));
    relay.endpoint('erp', { signingSecrets, previousSecretUntil: '2026-03-01T13:00:00Z', ordering: 'none' });
    const signatures = () =>
      relay.sender.to('erp').map(({ headers }) => headers['webhook-signature']?.split(' ').length);

    await another(relay);
    relay.minutes(60);
    await another(relay);

    expect(signatures()).toEqual([2, 1]);
  });
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
      { signingSecrets: ['ssm:/lines'] },
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
    expect(await relay.healthOf('erp')).toMatchObject({ state: 'open' });
    const attempts = (await relay.rows()).map(({ attemptCount }) => attemptCount);
    expect(Math.max(...attempts)).toBeLessThanOrEqual(2);
    expect(relay.sender.eventsTo('shop')).toEqual(eventIds);

    relay.secrets.values['/key'] = 'a';
    await relay.run(20);

    expect(relay.sender.eventsTo('erp').toSorted()).toEqual(eventIds);
    expect(await relay.healthOf('erp')).toMatchObject({ state: 'closed' });
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

describe('a token', () => {
  it('is fetched once for all deliveries, and again a minute before it ends', async () => {
    const relay = await sent({ auth: OAUTH2 });

    relay.minutes(58);
    await Promise.all([another(relay), another(relay)]);
    relay.minutes(1);
    await another(relay);

    const tokens = relay.sender.to('erp').map(({ headers }) => headers.authorization);
    expect([...new Set(tokens)]).toEqual(['Bearer token-1', 'Bearer token-2']);
    expect(relay.tokenIssuer.clients).toHaveLength(2);
  });

  it.each([
    ['says nothing of its end', undefined, 5, 4],
    ['is good for a day', 86_400, 60, 59],
    ['is good for half a minute', 30, 1, 0.2],
  ])('that %s is replaced in good time', async (_, expiresInSeconds, replacedAfter, keptFor) => {
    const relay = await sent({ auth: OAUTH2 }, ({ tokenIssuer }) => {
      tokenIssuer.answer = async (__, count) => ({
        value: `token-${count}`,
        ...(expiresInSeconds !== undefined && { expiresInSeconds }),
      });
    });

    relay.minutes(keptFor - 0.1);
    await another(relay);
    expect(relay.tokenIssuer.clients).toHaveLength(1);
    relay.minutes(replacedAfter - keptFor + 0.2);
    await another(relay);
    expect(relay.tokenIssuer.clients).toHaveLength(2);
  });

  it('is asked for with all that the row says', async () => {
    const relay = await sent({ auth: { ...OAUTH2, scope: 'orders', audience: 'erp' } });

    const { type: _, ...client } = OAUTH2;
    expect(relay.tokenIssuer.clients).toEqual([{ ...client, scope: 'orders', audience: 'erp' }]);
  });

  it('that is refused is replaced within the attempt, and the request sent once more', async () => {
    const relay = await sent({ auth: OAUTH2 });
    relay.sender.answers.set('erp', wants('Bearer token-2'));

    await another(relay);

    expect(headersOf(relay).slice(1)).toEqual([
      { authorization: 'Bearer token-1' },
      { authorization: 'Bearer token-2' },
    ]);
    expect(await relay.rows()).toEqual([]);
  });

  it('that is refused again is not replaced again in this attempt', async () => {
    const relay = await sent({ auth: OAUTH2 }, ({ sender }) => sender.answers.set('erp', UNAUTHORIZED));

    expect(headersOf(relay)).toHaveLength(2);
    expect(await relay.rows()).toMatchObject([{ attempts: [{ status: 401 }] }]);
  });

  it('that is refused is not sent again when the server has no other', async () => {
    const relay = await sent({ auth: OAUTH2 }, ({ sender, tokenIssuer }) => {
      sender.answers.set('erp', UNAUTHORIZED);
      tokenIssuer.answer = async () => ({ value: 'the-same' });
    });

    expect(headersOf(relay)).toHaveLength(1);
  });

  it('that cannot be had is a failed attempt of this endpoint, and of no other', async () => {
    const relay = await sent({ auth: OAUTH2 }, (one) => {
      one.endpoint('shop');
      one.tokenIssuer.answer = () => Promise.reject(new TokenError('the token server answered 503'));
    });

    expect(await errorsOf(relay)).toEqual(['oauth2: the token server answered 503']);
    expect(relay.sender.to('erp')).toEqual([]);
    expect(relay.sender.to('shop')).toHaveLength(1);
    expect(await relay.healthOf('erp')).toMatchObject({ consecutiveFailures: 1 });
  });

  it('is asked for with the secret as it is now when the server refuses the old one', async () => {
    const relay = await sent(
      { auth: { ...OAUTH2, clientSecret: 'ssm:/client' } },
      ({ secrets, tokenIssuer }) => {
        secrets.values['/client'] = 'old';
        tokenIssuer.answer = async ({ clientSecret }, count) => {
          if (clientSecret === 'old' && count > 1) throw new TokenError('no', { isRefusal: true });
          return { value: `token-${count}`, expiresInSeconds: 120 };
        };
      },
    );
    relay.secrets.values['/client'] = 'new';
    relay.minutes(2);

    await another(relay);

    expect(relay.tokenIssuer.clients.map(({ clientSecret }) => clientSecret)).toEqual(['old', 'old', 'new']);
    expect(headersOf(relay)).toHaveLength(2);
  });
});

describe('the deadline of an attempt', () => {
  it('covers the secrets, the token and the request together', async () => {
    const asked: number[] = [];
    const relay = await sent(
      { auth: { ...OAUTH2, clientSecret: 'ssm:/client' }, timeoutSeconds: 4 },
      ({ clock, secrets, tokenIssuer }) => {
        secrets.read = async (_: string, timeoutMs = 0) => {
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
    ['a secret that was read', { headers: { 'x-key': 'ssm:/key' } }, 'read from SSM'],
  ])('does not repeat %s', async (_, attributes, secret) => {
    const relay = await sent(attributes, ({ sender, secrets }) => {
      secrets.values['/key'] = 'read from SSM';
      sender.answers.set('erp', { kind: 'answer', status: 400, text: `you sent: ${secret}!` });
    });

    expect(await relay.rows()).toMatchObject([{ attempts: [{ answer: 'you sent: ***!' }] }]);
  });
});
