/** What an endpoint receives: the webhook as the Hub would have sent it, and headers that say which event it is. */
import packageJson from '../../../package.json' with { type: 'json' };
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { EventRecord } from '../model/event.ts';
import type { OutgoingRequest } from '../ports/outgoing.ts';
import type { Credentials } from './credentials.ts';
import { signatureOf } from './signature.ts';

const USER_AGENT = `sensaria-relay/${packageJson.version}`;

/** What is sent: the payload itself, or what an endpoint has it made into. */
export interface Content {
  readonly contentType?: string;
  readonly body: Uint8Array;
}

export interface Circumstances {
  readonly credentials: Credentials;
  readonly now: Date;
  /** Of the request alone. */
  readonly timeoutMs: number;
}

/**
 * One request: the very bytes and content type of its content.
 *
 * `webhook-id` is the event id, the same on every attempt; `webhook-timestamp` is the request's time in epoch
 * seconds, as Standard Webhooks has it (https://www.standardwebhooks.com).
 */
export function buildRequest(
  endpoint: Endpoint,
  event: EventRecord,
  { contentType, body }: Content,
  { credentials, now, timeoutMs }: Circumstances,
): OutgoingRequest {
  const id = event.eventId;
  const timestamp = String(Math.floor(now.getTime() / 1000));
  const { headers, signingKeys } = credentials;
  return {
    url: withOrderId(endpoint.url, event.orderId),
    headers: {
      ...headers,
      ...(contentType !== undefined && { 'content-type': contentType }),
      'user-agent': USER_AGENT,
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      ...(signingKeys.length > 0 && {
        'webhook-signature': signatureOf(signingKeys, { id, timestamp, body }),
      }),
    },
    body,
    timeoutMs,
  };
}

/**
 * Puts the order id where the URL wants it: into the first parameter named `orderid` (in any case) that has no
 * value, else at the end as the Hub does. Everything else of the URL stays as it was typed.
 */
export function withOrderId(url: string, orderId: string | undefined): string {
  if (orderId === undefined) return url;
  const [withoutFragment = '', ...fragment] = url.split('#');
  const [path = '', ...queryParts] = withoutFragment.split('?');
  const parameters = queryParts.length === 0 ? [] : queryParts.join('?').split('&');
  const value = encodeURIComponent(orderId.toWellFormed());
  const empty = parameters.findIndex((parameter) => /^orderid=?$/i.test(parameter));
  const filled =
    empty === -1
      ? [
          ...parameters.filter((parameter, index) => parameter !== '' || index < parameters.length - 1),
          `orderid=${value}`,
        ]
      : parameters.with(empty, `${parameters[empty]?.replace('=', '')}=${value}`);
  return [`${path}?${filled.join('&')}`, ...fragment].join('#');
}
