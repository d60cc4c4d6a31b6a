/** What a header may be that a person adds to the requests of an endpoint: none that would change what is sent. */

/** A token of RFC 9110, section 5.6.2. */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Visible ASCII, spaces and tabs; nothing that could end the line. */
const VALUE = /^[\t\x20-\x7e]*[\x21-\x7e][\t\x20-\x7e]*$/;

/** The relay's own, and those that speak of one connection alone (RFC 9110, section 7.6.1). */
const RESERVED = [
  'connection',
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

/** Many servers end at 8 KB of headers and a hundred of them: the relay's own have to fit in, too. */
export const HEADERS_LIMIT = 50;
export const HEADERS_LIMIT_BYTES = 8 * 1024;

/** What is wrong with a name: it is none, and then it may be a secret that is not to be repeated, or it is taken. */
export function faultOfName(name: string): 'malformed' | 'reserved' | undefined {
  if (!NAME.test(name)) return 'malformed';
  const lower = name.toLowerCase();
  const isReserved = RESERVED.includes(lower) || RESERVED_PREFIXES.some((prefix) => lower.startsWith(prefix));
  return isReserved ? 'reserved' : undefined;
}

/** True for what can be the value of a header, whatever its name. */
export function isHeaderValue(text: string): boolean {
  return VALUE.test(text);
}

/** What headers take of a request, without the line ends. */
export function sizeOf(headers: Readonly<Record<string, string>>): number {
  return Object.entries(headers).reduce((bytes, [name, value]) => bytes + name.length + value.length, 0);
}
