/** Signs what is sent, as Standard Webhooks has it (https://www.standardwebhooks.com). */
import { createHmac } from 'node:crypto';

export interface Signed {
  /** The `webhook-id`. */
  readonly id: string;
  /** The `webhook-timestamp`, in epoch seconds. */
  readonly timestamp: string;
  /** The very bytes that are sent. */
  readonly body: Uint8Array;
}

/**
 * The `webhook-signature`: `v1,` and the base64 of an HMAC-SHA256 over `<id>.<timestamp>.<body>`; of several keys one
 * after the other, with a space between. Whoever knows one of them can verify it.
 */
export function signatureOf(keys: readonly Uint8Array[], { id, timestamp, body }: Signed): string {
  return keys
    .map((key) => createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64'))
    .map((digest) => `v1,${digest}`)
    .join(' ');
}
