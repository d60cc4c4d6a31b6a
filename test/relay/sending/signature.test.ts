import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { signingKey, toSigningSecret } from '../../../lib/relay/endpoint/signing-secret.ts';
import { signatureOf } from '../../../lib/relay/sending/signature.ts';

function aKey(): { secret: string; key: Buffer } {
  const secret = toSigningSecret(randomBytes(32));
  const key = signingKey(secret);
  if (key === undefined) throw new Error('a secret that was just made is none');
  return { secret, key };
}

describe('a signature', () => {
  it('is that of the example in the standard', () => {
    const key = signingKey('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
    if (key === undefined) throw new Error('the example is no secret');

    const signature = signatureOf([key], {
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestamp: '1614265330',
      body: Buffer.from('{"test": 2432232314}'),
    });

    expect(signature).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  // The library takes a body for UTF-8; the samples in docs/samples verify any bytes.
  it('is taken by the published library, of any text and with either of two secrets', () => {
    const [one, other, stranger] = [aKey(), aKey(), aKey()];
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 500 }), (text) => {
        const body = Buffer.from(text);
        const timestamp = String(Math.floor(Date.now() / 1000));
        const signature = signatureOf([one.key, other.key], { id: 'evt_1', timestamp, body });
        const headers = {
          'webhook-id': 'evt_1',
          'webhook-timestamp': timestamp,
          'webhook-signature': signature,
        };
        const verify = (secret: string) => new Webhook(secret).verify(body, headers, { jsonParse: false });

        verify(one.secret);
        verify(other.secret);
        expect(() => verify(stranger.secret)).toThrow('No matching signature');
      }),
    );
  });
});
