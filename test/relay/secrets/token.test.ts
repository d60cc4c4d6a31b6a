import { describe, expect, it } from 'vitest';
import { TokenError } from '../../../lib/relay/ports/outgoing.ts';
import { another, errorsOf, headersOf, OAUTH2, sent, UNAUTHORIZED, wants } from '../sending/sent-requests.ts';

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

  it('is asked for with its parameters, of which some may be secrets elsewhere', async () => {
    const parameters = { resource: 'https://a.example', soid: 'ssm:/relay/soid', ['__proto__']: 'x' };
    const relay = await sent({ auth: { ...OAUTH2, secretIn: 'body', parameters } }, ({ secrets }) => {
      secrets.values['/relay/soid'] = 'Desk.1';
    });

    const [client] = relay.tokenIssuer.clients;
    expect(client?.secretIn).toBe('body');
    expect(Object.entries(client?.parameters ?? {})).toEqual([
      ['resource', 'https://a.example'],
      ['soid', 'Desk.1'],
      ['__proto__', 'x'],
    ]);
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
