import { describe, expect, it, vi } from 'vitest';
import type { OAuth2 } from '../../../lib/relay/endpoint/auth.ts';
import { SecretError, TokenError } from '../../../lib/relay/ports/outgoing.ts';
import { CredentialsError, SecretCache } from '../../../lib/relay/secrets/secret-cache.ts';
import { MemoryClock } from '../../memory/clock.ts';
import { MemorySecrets } from '../../memory/secrets.ts';
import { MemoryTokenIssuer } from '../../memory/token-issuer.ts';

const MINUTE_MS = 60_000;
const AUTH: OAuth2 = {
  type: 'oauth2',
  tokenUrl: 'https://tokens.example/token',
  clientId: 'relay',
  clientSecret: 'ssm:/client',
};

function aCache() {
  const clock = new MemoryClock();
  const secrets = new MemorySecrets();
  const tokenIssuer = new MemoryTokenIssuer();
  secrets.values['/client'] = 'one';
  const cache = new SecretCache({ clock, secrets, tokenIssuer });
  const deadlineMs = () => clock.monotonicMs() + 10_000;
  return {
    clock,
    secrets,
    tokenIssuer,
    cache,
    read: vi.spyOn(secrets, 'read'),
    issue: vi.spyOn(tokenIssuer, 'issue'),
    resolve: (secret = 'ssm:/client') => cache.resolve(secret, deadlineMs()),
    token: (refused?: string) => cache.token(AUTH, deadlineMs(), refused),
  };
}

describe('a secret', () => {
  it('is returned as it is when it is no reference', async () => {
    const { resolve, read } = aCache();

    expect(await resolve('a literal value')).toBe('a literal value');
    expect(read).not.toHaveBeenCalled();
  });

  it('is read once in five minutes, within the time of the attempt', async () => {
    const { clock, secrets, resolve, read } = aCache();

    expect(await resolve()).toBe('one');
    secrets.values['/client'] = 'two';
    clock.advance(5 * MINUTE_MS - 1);
    expect(await resolve()).toBe('one');
    expect(read.mock.calls).toEqual([[{ scheme: 'ssm', name: '/client' }, 10_000]]);
    clock.advance(1);
    expect(await resolve()).toBe('two');
  });

  it.each([
    ['five seconds after it was read', 5_000, 'two'],
    ['not earlier', 4_999, 'one'],
  ])('is read again when an endpoint refuses it: %s', async (_, ms, expected) => {
    const { clock, secrets, cache, resolve } = aCache();
    await resolve();
    secrets.values['/client'] = 'two';
    clock.advance(ms);

    cache.invalidate('ssm:/client');

    expect(await resolve()).toBe(expected);
  });

  it('that is no reference cannot be invalidated', async () => {
    const { cache, resolve } = aCache();

    cache.invalidate('a literal value');

    expect(await resolve('a literal value')).toBe('a literal value');
  });

  it('that cannot be read is tried again after two seconds', async () => {
    const { clock, read, resolve } = aCache();
    read.mockRejectedValueOnce(new SecretError('no such parameter'));

    await expect(resolve()).rejects.toThrow(CredentialsError);
    clock.advance(1_999);
    await expect(resolve()).rejects.toThrow('secret ssm:/client could not be read: no such parameter');
    clock.advance(1);
    expect(await resolve()).toBe('one');
  });

  it.each([
    ['the name of an unexpected error', new RangeError('hush-S3CRET'), 'RangeError'],
    ['nothing of something else', 'hush-S3CRET', 'unknown error'],
  ])('that cannot be read tells %s', async (_, thrown, cause) => {
    const { read, resolve } = aCache();
    read.mockRejectedValue(thrown);

    await expect(resolve()).rejects.toThrow(`secret ssm:/client could not be read: ${cause}`);
    await expect(resolve()).rejects.not.toThrow('hush-S3CRET');
  });
});

describe('a token', () => {
  it.each([
    ['of two minutes for one', 120, MINUTE_MS],
    ['of a minute for half of it', 60, MINUTE_MS / 2],
    ['of an hour for 59 minutes', 3_600, 59 * MINUTE_MS],
    ['of a day for 59 minutes', 86_400, 59 * MINUTE_MS],
    ['without a stated end for four minutes', undefined, 4 * MINUTE_MS],
  ])('%s is used', async (_, expiresInSeconds, usedMs) => {
    const { clock, tokenIssuer, token } = aCache();
    tokenIssuer.answer = async (__, count) => ({
      value: `token-${count}`,
      ...(expiresInSeconds !== undefined && { expiresInSeconds }),
    });
    const first = await token();

    clock.advance(usedMs - 1);
    expect(await token()).toBe(first);
    clock.advance(1);
    expect(await token()).not.toBe(first);
  });

  it('is replaced when it is the refused one, and only then', async () => {
    const { issue, token } = aCache();
    const first = await token();

    expect(await token('another token')).toBe(first);
    const second = await token(first);
    expect(second).not.toBe(first);
    expect(await token(first)).toBe(second);
    expect(issue).toHaveBeenCalledTimes(2);
  });

  it('is issued for the secret as it is now when the server refuses the cached one', async () => {
    const { clock, secrets, tokenIssuer, resolve, issue, token } = aCache();
    await resolve();
    secrets.values['/client'] = 'two';
    clock.advance(5_000);
    tokenIssuer.answer = async ({ clientSecret }) => {
      if (clientSecret === 'one') throw new TokenError('refused', { isRefusal: true });
      return { value: 'a token' };
    };

    expect(await token()).toBe('a token');
    expect(issue.mock.calls.map(([{ clientSecret }]) => clientSecret)).toEqual(['one', 'two']);
  });

  it('is not asked for again when the secret has not changed', async () => {
    const { clock, tokenIssuer, resolve, issue, token } = aCache();
    await resolve();
    clock.advance(5_000);
    tokenIssuer.answer = () => Promise.reject(new TokenError('refused', { isRefusal: true }));

    await expect(token()).rejects.toThrow('oauth2: refused');
    expect(issue).toHaveBeenCalledTimes(1);
  });

  it('is not requested again for the same secret, even if reading it takes longer than a failure is cached', async () => {
    const { clock, tokenIssuer, resolve, read, issue, token } = aCache();
    await resolve();
    clock.advance(5_000);
    read.mockImplementation(async () => {
      clock.advance(3_000);
      return 'one';
    });
    tokenIssuer.answer = () => Promise.reject(new TokenError('refused', { isRefusal: true }));

    await expect(token()).rejects.toThrow('oauth2: refused');
    expect(read).toHaveBeenCalledTimes(2);
    expect(issue).toHaveBeenCalledTimes(1);
  });

  it('is requested with the attributes that the row has, and no others', async () => {
    const { issue, token } = aCache();

    await token();

    const { type: _, ...client } = AUTH;
    expect(issue.mock.calls[0]?.[0]).toStrictEqual({ ...client, clientSecret: 'one' });
  });

  it('costs no read of the secret when the server fails', async () => {
    const { clock, tokenIssuer, resolve, read, token } = aCache();
    await resolve();
    clock.advance(5_000);
    tokenIssuer.answer = () => Promise.reject(new TokenError('answered 503'));

    await expect(token()).rejects.toThrow('oauth2: answered 503');
    expect(read).toHaveBeenCalledTimes(1);
  });

  it('fails with the reason of its secret when that cannot be read', async () => {
    const { read, token } = aCache();
    read.mockRejectedValue(new SecretError('no such parameter'));

    const failure = token();

    await expect(failure).rejects.toThrow(CredentialsError);
    await expect(failure).rejects.toMatchObject({ name: 'CredentialsError' });
    await expect(failure).rejects.toThrow(/^secret ssm:\/client could not be read: no such parameter$/);
  });
});
