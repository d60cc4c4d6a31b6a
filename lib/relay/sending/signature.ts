/** Signs requests as specified by Standard Webhooks (https://www.standardwebhooks.com). */
import { createHmac, createSecretKey, type Hmac, type KeyObject } from 'node:crypto';

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

/** Making a key object takes as long as signing. */
const keyObjects = new WeakMap<Uint8Array, KeyObject>();

function hmac(key: Uint8Array): Hmac {
  const known = keyObjects.get(key);
  const keyObject = known ?? createSecretKey(key);
  // Stryker disable next-line ConditionalExpression,EqualityOperator,CallExpression: it only saves time
  if (known === undefined) keyObjects.set(key, keyObject);
  return createHmac('sha256', keyObject);
}
