/** Describes where an answer redirects to, without the secrets that a URL may contain. */
import type { SendResult } from '../ports/outgoing.ts';

const LENGTH_LIMIT = 200;
/** Shorter segments, such as `services`, are no secrets. */
const SHORTEST_SECRET = 8;

/**
 * `redirects to shop.example/login`, without the query. Undefined for other answers. A segment of the endpoint's own path
 * is masked, because it may be a key: `hooks.example/services/***`.
 */
export function redirectText(
  url: string,
  { status, headers = {} }: Pick<Extract<SendResult, { readonly kind: 'answer' }>, 'status' | 'headers'>,
): string | undefined {
  const { location } = headers;
  if (status < 300 || status > 399 || location === undefined || !URL.canParse(location, url))
    return undefined;
  const { protocol, host, pathname } = new URL(location, url);
  if (host === '') return `redirects to ${protocol}`;
  const own = new URL(url).pathname.split('/').filter(({ length }) => length >= SHORTEST_SECRET);
  const path = pathname.split('/').map((segment) => (own.includes(segment) ? '***' : segment));
  return `redirects to ${host}${path.join('/')}`.slice(0, LENGTH_LIMIT);
}
