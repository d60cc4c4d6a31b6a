/** Opens a POST request over an idle connection of the pool or a new one. */
import type { ClientRequest } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import type { TlsIdentity } from '../../relay/ports/outgoing.ts';
import type { AddressGuard } from './address-guard.ts';
import type { ConnectionPool } from './connection-pool.ts';
import { request as httpRequest } from './node-http.ts';

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
}

/**
 * Connects only to addresses that the guard checked, and ignores settings of the environment.
 *
 * @throws AddressRefusedError, or an error of Node for a URL or a header that cannot be sent
 */
export function openPost(guard: AddressGuard, post: PostOptions, pool?: ConnectionPool): ClientRequest {
  const { headers, timeoutMs } = post;
  const { protocol, hostname, port, path, tls } = targetOf(post);
  const target = { protocol, port };
  guard.checkHost(hostname, target);
  const options = {
    method: 'POST',
    protocol,
    hostname,
    port,
    path,
    headers,
    // An agent of its own for each request closes the connection after the answer. Both kinds leave proxies of the
    // environment out.
    agent: pool?.agentFor({ protocol, hostname, port, tls }) ?? false,
    lookup: guard.lookupFor(target),
    // Node wants an integer of at least 10.
    autoSelectFamilyAttemptTimeout: Math.max(10, Math.floor(timeoutMs / ADDRESSES)),
    maxHeaderSize: ANSWER_HEADERS_LIMIT_BYTES,
    insecureHTTPParser: false,
  } satisfies RequestOptions & { readonly autoSelectFamilyAttemptTimeout: number };
  return protocol === 'https:' ? httpsRequest({ ...options, ...tlsOptions(tls) }) : httpRequest(options);
}

export function targetOf({ url, tls }: Pick<PostOptions, 'url' | 'tls'>) {
  const { protocol, hostname, port, pathname, search } = new URL(url);
  return {
    protocol,
    // Node wants an IPv6 address without its brackets.
    hostname: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || (protocol === 'https:' ? 443 : 80),
    path: pathname + search,
    tls,
  };
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
