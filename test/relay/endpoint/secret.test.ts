import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isReference, parameterOf, secretSchema } from '../../../lib/relay/endpoint/secret.ts';
import { signingKey, toSigningSecret } from '../../../lib/relay/endpoint/signing-secret.ts';

const reasonsAgainst = (secret: unknown) =>
  secretSchema.safeParse(secret).error?.issues.map(({ message }) => message) ?? [];

describe('a reference to a secret', () => {
  it.each([
    'ssm:/a',
    'ssm:/relay/erp.key_1-2',
    'ssm:/aws/reference/secretsmanager/a+b=c@d',
    `ssm:/${'x'.repeat(2_048)}`,
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

  it('names the parameter', () => {
    expect(parameterOf('ssm:/relay/key')).toBe('/relay/key');
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
    ['has other characters', `${toSigningSecret(randomBytes(24))}!`],
  ])('is none when the secret %s', (_, secret) => {
    expect(signingKey(secret)).toBeUndefined();
  });
});
