import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isReference, referenceOf, secretSchema } from '../../../lib/relay/endpoint/secret.ts';
import { signingKey, toSigningSecret } from '../../../lib/relay/endpoint/signing-secret.ts';

const reasonsAgainst = (secret: unknown) =>
  secretSchema.safeParse(secret).error?.issues.map(({ message }) => message) ?? [];

describe('a reference to a secret', () => {
  it.each([
    'ssm:/a',
    'ssm:/relay/erp.key_1-2',
    'ssm:/aws/reference/secretsmanager/a+b=c@d',
    `ssm:/${'x'.repeat(2_048)}`,
    'env:ERP_TOKEN',
    'env:_a1',
    'file:/run/secrets/erp token',
    'file:/etc/ssl/Zürich.pem',
  ])('may be %s', (text) => {
    expect(isReference(text)).toBe(true);
    expect(reasonsAgainst(text)).toEqual([]);
  });

  it.each(['ssm:', 'ssm:/', 'ssm:a', 'ssm:/a b', 'ssm:/a\n', `ssm:/${'x'.repeat(2_049)}`])(
    'cannot be %j, and neither can a value',
    (text) => {
      expect(isReference(text)).toBe(false);
      expect(reasonsAgainst(text)).toEqual(['must be a value, or ssm:/ and the name of a parameter']);
    },
  );

  it.each(['env:', 'env:1A', 'env:ERP-TOKEN', 'env:A B', `env:${'x'.repeat(129)}`])(
    'to a variable cannot be %j',
    (text) => {
      expect(isReference(text)).toBe(false);
      expect(reasonsAgainst(text)).toEqual([
        'must be a value, or env: and the name of an environment variable',
      ]);
    },
  );

  it.each(['file:', 'file:/', 'file:secret.txt', 'file:~/secret', 'file:/a\nb'])(
    'to a file cannot be %j',
    (text) => {
      expect(isReference(text)).toBe(false);
      expect(reasonsAgainst(text)).toEqual(['must be a value, or file:/ and the path of a file']);
    },
  );

  it('says where the secret is', () => {
    expect(referenceOf('ssm:/relay/key')).toEqual({ scheme: 'ssm', name: '/relay/key' });
    expect(referenceOf('env:ERP_TOKEN')).toEqual({ scheme: 'env', name: 'ERP_TOKEN' });
    expect(referenceOf('file:/run/key')).toEqual({ scheme: 'file', name: '/run/key' });
  });
});

describe('the value of a secret', () => {
  it.each(['hush', ' ', 'a ssm:/relay/key', 'SSM:/relay/key'])('may be %j, which is no reference', (text) => {
    expect(isReference(text)).toBe(false);
    expect(reasonsAgainst(text)).toEqual([]);
  });

  it('cannot be empty', () => {
    expect(reasonsAgainst('')).toEqual(['must not be empty']);
  });
});

describe('the key of a signing secret', () => {
  it.each([24, 25, 26, 64])(
    'has the %i bytes that the secret was made of, with base64 padding or without',
    (count) => {
      const bytes = randomBytes(count);
      const secret = toSigningSecret(bytes);

      expect(secret).toBe(`whsec_${bytes.toString('base64')}`);
      expect(signingKey(secret)).toEqual(bytes);
      expect(signingKey(secret.replaceAll('=', ''))).toEqual(bytes);
    },
  );

  it.each([
    ['is too short', toSigningSecret(randomBytes(23))],
    ['is too long', toSigningSecret(randomBytes(65))],
    ['has another prefix', toSigningSecret(randomBytes(32)).replace('whsec_', 'whsec-')],
    ['has padding within', toSigningSecret(randomBytes(32)).replace('whsec_', 'whsec_=')],
    ['has padding in its middle', `${toSigningSecret(randomBytes(24))}==AAAA`],
    ['has other characters', `${toSigningSecret(randomBytes(24))}!`],
  ])('is none when the secret %s', (_, secret) => {
    expect(signingKey(secret)).toBeUndefined();
  });
});
