/** Signs requests as specified by Standard Webhooks (https://www.standardwebhooks.com). */
import { createHmac } from 'node:crypto';

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
  return keys
    .map((key) => createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64'))
    .map((digest) => `v1,${digest}`)
    .join(' ');
}
