/** Recognizes requests of programs on this machine, and no others. */
import type { IncomingMessage } from 'node:http';
import { isLoopbackHost } from '../../node/http/loopback.ts';

/** A reverse proxy on this machine adds one of these headers to the requests of others. */
const FORWARDED = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
];

/**
 * False for a request through a reverse proxy, and for one of a web page whose host name leads to this machine: its
 * browser names that host.
 */
export function isFromThisMachine({ headers, socket }: IncomingMessage): boolean {
  return (
    isLoopbackAddress(socket.remoteAddress) &&
    isLoopbackHost(headers.host) &&
    headers.origin === undefined &&
    FORWARDED.every((name) => headers[name] === undefined)
  );
}

function isLoopbackAddress(address = ''): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}
