/** Signs requests as specified by Standard Webhooks (https://www.standardwebhooks.com). */
import { createHmac, createSecretKey, type Hmac } from 'node:crypto';

export interface Signed {
  /** The `webhook-id`. */
  readonly id: string;
  /** The `webhook-timestamp`, in epoch seconds. */
  readonly timestamp: string;
  /** The exact bytes of the request body. */
  readonly body: Uint8Array;
}

/**
 * The `webhook-signature`: `v1,` and the base64 of an HMAC-SHA256 over `<id>.<timestamp>.<body>`. With several keys there
 * is one signature per key, separated by spaces. A receiver needs only one of the keys to verify it.
 */
export function signatureOf(keys: readonly Uint8Array[], { id, timestamp, body }: Signed): string {
  const signed = `${id}.${timestamp}.`;
  return keys.map((key) => `v1,${hmac(key).update(signed).update(body).digest('base64')}`).join(' ');
}

/** Node takes a key object three times as fast as bytes. */
function hmac(key: Uint8Array): Hmac {
  return createHmac('sha256', createSecretKey(key));
}
