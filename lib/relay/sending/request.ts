/** Builds the request to an endpoint: the webhook as the Hub sent it, plus headers that identify the event. */
import packageJson from '../../../package.json' with { type: 'json' };
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { EventRecord, Payload } from '../model/event.ts';
import type { OutgoingRequest } from '../ports/outgoing.ts';
import type { Credentials } from './credentials.ts';
import { signatureOf } from './signature.ts';

const USER_AGENT = `sensaria-relay/${packageJson.version}`;

export interface RequestOptions {
  readonly credentials: Credentials;
  readonly now: Date;
  /** Limits this request. */
  readonly timeoutMs: number;
}

/**
 * Builds a request with the exact bytes and content type of the payload.
 *
 * `webhook-id` is the event id, the same for every attempt. `webhook-timestamp` is the time of the request in epoch
 * seconds, as in Standard Webhooks (https://www.standardwebhooks.com).
 */
export function buildRequest(
  endpoint: Endpoint,
  event: EventRecord,
  { contentType, body }: Payload,
  { credentials, now, timeoutMs }: RequestOptions,
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
 * Adds the order id to the URL: as the value of the first empty `orderid` parameter (in upper or lower case), otherwise as
 * a new parameter at the end, as the Hub does. The rest of the URL does not change.
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
