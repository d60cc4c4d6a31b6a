/** The parts of a URL that a request and its connection need. */
import type { TlsIdentity } from '../../relay/ports/outgoing.ts';

export interface PostTarget {
  /** `https:` or `http:` */
  readonly protocol: string;
  /** An IPv6 address is without its brackets, as Node wants it. */
  readonly hostname: string;
  readonly port: number;
  /** For the `Host` header: with brackets around an IPv6 address, and without the protocol's own port. */
  readonly host: string;
  /** With the query. */
  readonly path: string;
  readonly tls: TlsIdentity | undefined;
  /** Requests with the same key may share a connection. */
  readonly connectionKey: string;
}

/** @throws TypeError of Node for a malformed URL */
export function postTarget(url: string, tls: TlsIdentity | undefined): PostTarget {
  const { protocol, host, hostname, port, pathname, search } = new URL(url);
  const defaultPort = protocol === 'https:' ? 443 : 80;
  const server = `${protocol}//${host}`;
  return {
    protocol,
    hostname: hostname.startsWith('[') ? hostname.slice(1, -1) : hostname,
    port: Number(port) || defaultPort,
    host,
    path: pathname + search,
    tls,
    connectionKey: tls === undefined ? server : JSON.stringify([server, tls.certificate, tls.key, tls.ca]),
  };
}
