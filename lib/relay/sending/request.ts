/** Builds the request to an endpoint: the webhook as the Hub sent it, plus headers that identify the event. */
import packageJson from '../../../package.json' with { type: 'json' };
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { EventRecord, Payload } from '../model/event.ts';
import type { OutgoingRequest } from '../ports/outgoing.ts';
import { contentHeaders } from './content-headers.ts';
import type { Credentials } from './credentials.ts';
import { orderUrl } from './order-url.ts';
import { signatureOf } from './signature.ts';

const USER_AGENT = `sensaria-relay/${packageJson.version}`;

export interface RequestOptions {
  readonly credentials: Pick<Credentials, 'headers' | 'signingKeys' | 'tls'>;
  readonly now: Date;
  /** Limits this request. */
  readonly timeoutMs: number;
}

/**
 * Builds a request with the exact bytes and content headers of the payload.
 *
 * `webhook-id` is the event id, the same for every attempt. `webhook-timestamp` is the time of the request in epoch
 * seconds, as in Standard Webhooks (https://www.standardwebhooks.com).
 *
 * @throws OrderIdError
 */
export function buildRequest(
  endpoint: Endpoint,
  event: EventRecord,
  { body, ...content }: Payload,
  { credentials, now, timeoutMs }: RequestOptions,
): OutgoingRequest {
  const id = event.eventId;
  const timestamp = String(Math.floor(now.getTime() / 1000));
  const { headers, signingKeys, tls } = credentials;
  return {
    url: orderUrl(endpoint, event.orderId),
    headers: {
      ...headers,
      ...contentHeaders(content),
      'user-agent': USER_AGENT,
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      ...(signingKeys.length > 0 && {
        'webhook-signature': signatureOf(signingKeys, { id, timestamp, body }),
      }),
    },
    body,
    ...(tls !== undefined && { tls }),
    timeoutMs,
  };
}
