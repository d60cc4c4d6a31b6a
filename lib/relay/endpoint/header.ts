/** Rules for headers that a person adds to an endpoint's requests. */

/** A token of RFC 9110, section 5.6.2. */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Visible ASCII, spaces and tabs. */
const VALUE = /^[\t\x20-\x7e]*[\x21-\x7e][\t\x20-\x7e]*$/;

/** Headers that the relay sets itself, and connection-specific headers (RFC 9110, section 7.6.1). */
const RESERVED = [
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
];
const RESERVED_PREFIXES = ['proxy-', 'webhook-'];

/** Many servers accept 8 KB and 100 headers. The relay's own headers must fit in, too. */
export const HEADERS_LIMIT = 50;
export const HEADERS_LIMIT_BYTES = 8 * 1024;

/** `malformed`: not a header name; do not repeat it in a message, because it may be a secret. `reserved`: set by the relay. */
export function faultOfName(name: string): 'malformed' | 'reserved' | undefined {
  if (!NAME.test(name)) return 'malformed';
  const lower = name.toLowerCase();
  const isReserved = RESERVED.includes(lower) || RESERVED_PREFIXES.some((prefix) => lower.startsWith(prefix));
  return isReserved ? 'reserved' : undefined;
}

/** True for a valid header value. */
export function isHeaderValue(text: string): boolean {
  return VALUE.test(text);
}

/** The size of headers in bytes, without line ends. */
export function sizeOf(headers: Readonly<Record<string, string>>): number {
  return Object.entries(headers).reduce((bytes, [name, value]) => bytes + name.length + value.length, 0);
}
