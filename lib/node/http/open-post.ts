/** Opens a POST request over a connection of its own. */
import { type ClientRequest, request as httpRequest } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import type { TlsIdentity } from '../../relay/ports/outgoing.ts';
import type { AddressGuard } from './address-guard.ts';

const ANSWER_HEADERS_LIMIT_BYTES = 16 * 1024;

/**
 * Node gives each address of a name 250 ms to connect, except the last one
 * (https://nodejs.org/api/net.html#netsetdefaultautoselectfamilyattempttimeouttimeout). A far server may need longer, and
 * a lost packet costs a second. A quarter of the attempt's time leaves time for three other addresses.
 */
const ADDRESSES = 4;

export interface PostOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls?: TlsIdentity;
  /** The time of the whole attempt. */
  readonly timeoutMs: number;
  /** Ends the request, and closes its connection, in whatever stage it is. */
  readonly signal: AbortSignal;
}

/**
 * Connects only to addresses that the guard checked, and ignores settings of the environment.
 *
 * @throws AddressRefusedError, or an error of Node for a URL or a header that cannot be sent
 */
export function openPost(guard: AddressGuard, post: PostOptions): ClientRequest {
  const { url, headers, tls, timeoutMs, signal } = post;
  const { protocol, hostname, port, pathname, search } = new URL(url);
  const target = { protocol, port: Number(port) || (protocol === 'https:' ? 443 : 80) };
  guard.checkHost(hostname, target);
  const options = {
    method: 'POST',
    protocol,
    // Node wants an IPv6 address without its brackets.
    hostname: hostname.replace(/^\[|\]$/g, ''),
    port: target.port,
    path: pathname + search,
    headers,
    signal,
    // A new connection for each attempt. The server closes an idle connection of a frozen function unnoticed, and a POST
    // that fails on it may or may not have been received. This also leaves proxies of the environment out.
    agent: false,
    lookup: guard.lookupFor(target),
    // Node wants an integer of at least 10.
    autoSelectFamilyAttemptTimeout: Math.max(10, Math.floor(timeoutMs / ADDRESSES)),
    maxHeaderSize: ANSWER_HEADERS_LIMIT_BYTES,
    insecureHTTPParser: false,
  } satisfies RequestOptions & { readonly autoSelectFamilyAttemptTimeout: number };
  return protocol === 'https:' ? httpsRequest({ ...options, ...tlsOptions(tls) }) : httpRequest(options);
}

function tlsOptions({ certificate, key, ca }: TlsIdentity = {}): ConnectionOptions {
  return {
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
    // An explicit value, so that NODE_TLS_REJECT_UNAUTHORIZED in the environment has no effect.
    rejectUnauthorized: true,
    ...(certificate !== undefined && { cert: certificate }),
    ...(key !== undefined && { key }),
    // The authority may be an intermediate one, or the server's own self-signed certificate.
    ...(ca !== undefined && { ca, allowPartialTrustChain: true }),
  };
}
