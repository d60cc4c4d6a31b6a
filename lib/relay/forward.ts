/** What an endpoint receives: the webhook as the Hub would have sent it, and headers that say which event it is. */
import packageJson from '../../package.json' with { type: 'json' };
import type { Endpoint } from './endpoint.ts';
import type { EventRecord, Payload } from './event.ts';
import type { OutgoingRequest } from './ports.ts';

const USER_AGENT = `sensaria-relay/${packageJson.version}`;

/**
 * The request of one attempt: the very bytes and content type that came in.
 *
 * `webhook-id` is the event id, the same on every attempt; `webhook-timestamp` is the attempt's time in epoch
 * seconds, as Standard Webhooks has it (https://www.standardwebhooks.com).
 */
export function forwardRequest(
  endpoint: Endpoint,
  event: EventRecord,
  payload: Payload,
  now: Date,
): OutgoingRequest {
  return {
    url: withOrderId(endpoint.url, event.orderId),
    headers: {
      ...(payload.contentType !== undefined && { 'content-type': payload.contentType }),
      'user-agent': USER_AGENT,
      'webhook-id': event.eventId,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    },
    body: payload.body,
    timeoutMs: endpoint.timeoutSeconds * 1000,
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
