/** Puts the order id into the URL of a request. */
import type { Endpoint } from '../endpoint/endpoint.ts';
import { fillPlaceholder, hasPlaceholder } from '../endpoint/url.ts';
import { BoundedCache } from '../model/bounded-cache.ts';

/** URL parsers remove these segments, also when their dots are percent-encoded: the request would go to another path. */
const DOT_SEGMENT = /^\.{1,2}$/;

/** The order id cannot be a part of the URL. Nothing is sent. */
export class OrderIdError extends Error {
  override readonly name = 'OrderIdError';
}

/**
 * The endpoint's URL with the percent-encoded order id. A URL with `{orderid}` has it there, any other URL as the Hub
 * has it. An event without an order id leaves nothing in the place of `{orderid}`.
 *
 * @throws OrderIdError for an order id of one or two dots that would be a segment of the path
 */
export function orderUrl({ url, orderId: use }: Pick<Endpoint, 'url' | 'orderId'>, orderId?: string): string {
  const value = encodeURIComponent((orderId ?? '').toWellFormed());
  if (hasPlaceholder(url)) return filled(url, value);
  return orderId === undefined || use === 'none' ? url : withParameter(url, value);
}

function filled(url: string, value: string): string {
  // Stryker disable next-line StringLiteral: a split text has a first part
  const [path = ''] = url.split(/[?#]/);
  const isAnotherPath = path
    .split('/')
    .some((segment) => hasPlaceholder(segment) && DOT_SEGMENT.test(fillPlaceholder(segment, value)));
  if (isAnotherPath)
    throw new OrderIdError('the order id is . or .., which cannot be a part of the URL’s path');
  return fillPlaceholder(url, value);
}

function withParameter(url: string, value: string): string {
  const [before, after] = places.get(url, () => placeOfParameter(url));
  return before + value + after;
}

/** By URL: an endpoint has the same for each order. */
const places = new BoundedCache<readonly [before: string, after: string]>(200);

/**
 * The URL before and after the value of its first empty `orderid` parameter (in upper or lower case), otherwise of a new
 * parameter at the end, as the Hub does. The rest of the URL does not change.
 */
function placeOfParameter(url: string): readonly [before: string, after: string] {
  // Stryker disable next-line StringLiteral: a split text has a first part
  const [withoutFragment = '', ...fragment] = url.split('#');
  // Stryker disable next-line StringLiteral: a split text has a first part
  const [path = '', ...queryParts] = withoutFragment.split('?');
  const parameters = queryParts.join('?').split('&');
  const empty = parameters.findIndex((parameter) => /^orderid=?$/i.test(parameter));
  const [before, after] =
    empty === -1
      ? [parameters.filter((parameter, index) => parameter !== '' || index < parameters.length - 1), []]
      : [parameters.slice(0, empty), parameters.slice(empty + 1)];
  // Stryker disable next-line OptionalChaining: it was found there
  const name = empty === -1 ? 'orderid' : parameters[empty]?.replace('=', '');
  return [`${path}?${[...before, `${name}=`].join('&')}`, [['', ...after].join('&'), ...fragment].join('#')];
}
