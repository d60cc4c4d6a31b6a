/** One POST to an address that a person configured: with an address check, one deadline, and a limit on the answer. */
import type { IncomingHttpHeaders } from 'node:http';
import { Socket } from 'node:net';
import { addAbortSignal } from 'node:stream';
import { buildConnector, Client } from 'undici';
import type { TlsIdentity } from '../../relay/ports/outgoing.ts';
import type { AddressGuard, AddressRefusedError } from './address-guard.ts';
import { answerText } from './answer-text.ts';
import { failureText } from './failure-text.ts';
import { readLimited } from './read-limited.ts';

const ANSWER_HEADERS_LIMIT_BYTES = 16 * 1024;
/** A server may send a few interim answers, such as `103 Early Hints`, before the answer. The relay ignores them. */
const INTERIM_ANSWERS_LIMIT = 10;

/**
 * The connection is closed when it has received more than this, far more than any answer needs. A server can send bytes
 * without end that are not part of the body, such as empty lines before the answer or a chunk extension.
 */
const RECEIVED_LIMIT_BYTES = 1024 * 1024;
const RECEIVED_CHECK_MS = 50;

/**
 * Node gives each address of a name 250 ms to connect, except the last one
 * (https://nodejs.org/api/net.html#netsetdefaultautoselectfamilyattempttimeouttimeout). A far server may need longer, and
 * a lost packet costs a second. A quarter of the attempt's time leaves time for three other addresses.
 */
const ADDRESSES = 4;

const CLIENT = {
  // A new connection for each attempt. The server closes an idle connection of a frozen function unnoticed, and a POST
  // that fails on it may or may not have been received.
  pipelining: 0,
  // The deadline of the whole attempt replaces these.
  headersTimeout: 0,
  bodyTimeout: 0,
  maxHeaderSize: ANSWER_HEADERS_LIMIT_BYTES,
};

export interface GuardedRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
  readonly tls?: TlsIdentity;
  /** For the whole exchange: name lookup, connection, request and answer. */
  readonly timeoutMs: number;
  /** A longer answer is cut. */
  readonly answerLimitBytes: number;
}

export interface GuardedAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The beginning of the body, decompressed. */
  readonly text: string;
}

/** The request got no answer. The message gives the reason and contains nothing of the request. */
export class PostError extends Error {
  override readonly name = 'PostError';
  readonly isTimeout: boolean;

  constructor(
    message: string,
    { isTimeout = false, ...options }: ErrorOptions & { isTimeout?: boolean } = {},
  ) {
    super(message, options);
    this.isTimeout = isTimeout;
  }
}

/**
 * Sends the request and closes its connection by the deadline, whatever the server does. Follows no redirects and
 * ignores proxy settings of the environment.
 *
 * @throws PostError
 */
export async function guardedPost(guard: AddressGuard, request: GuardedRequest): Promise<GuardedAnswer> {
  const ending = new AbortController();
  let why: PostError | undefined;
  const end = (reason: PostError) => {
    why ??= reason;
    ending.abort();
  };
  const { timeoutMs } = request;
  const timer = setTimeout(
    () => end(new PostError(`timeout after ${timeoutMs / 1000} s`, { isTimeout: true })),
    timeoutMs,
  );
  try {
    return await exchange(guard, request, ending.signal, () =>
      end(new PostError('answer never comes to an end')),
    );
  } catch (cause) {
    throw why ?? new PostError(failureText(cause), { cause });
  } finally {
    clearTimeout(timer);
  }
}

async function exchange(
  guard: AddressGuard,
  { url, headers, body, tls, timeoutMs, answerLimitBytes }: GuardedRequest,
  signal: AbortSignal,
  onFlood: () => void,
): Promise<GuardedAnswer> {
  const { origin, pathname, search } = new URL(url);
  let connection: Socket | undefined;
  const connect = guardedConnector(guard, { ...tls, addressMs: timeoutMs / ADDRESSES }, (socket) => {
    connection = addAbortSignal(signal, socket);
  });
  const client = new Client(origin, { ...CLIENT, connect });
  const watch = setInterval(() => {
    if ((connection?.bytesRead ?? 0) > RECEIVED_LIMIT_BYTES) onFlood();
  }, RECEIVED_CHECK_MS);
  let interimAnswers = 0;
  const onInfo = () => {
    interimAnswers += 1;
    if (interimAnswers > INTERIM_ANSWERS_LIMIT) onFlood();
  };
  try {
    const path = pathname + search;
    const answer = await client.request({ method: 'POST', path, headers, body, signal, onInfo });
    const bytes = await readLimited(answer.body, answerLimitBytes);
    const { 'content-encoding': encoding } = answer.headers;
    const text = await answerText(bytes, [encoding].flat().join(', '), answerLimitBytes);
    return { status: answer.statusCode, headers: answer.headers, text };
  } finally {
    clearInterval(watch);
    // This also closes its connection.
    void client.destroy();
  }
}

/**
 * Connects only to addresses that the guard checked.
 *
 * @param options `addressMs` is the time for each address of the name, except the last one
 * @param onSocket receives the socket before it is connected. To cancel a request that waits for its connection,
 * destroy the socket: undici has no timeout for name lookup and handshake
 */
function guardedConnector(
  guard: AddressGuard,
  { certificate, key, ca, addressMs }: TlsIdentity & { readonly addressMs: number },
  onSocket: (socket: Socket) => void,
): buildConnector.connector {
  return (options, callback) => {
    const { protocol, hostname, port } = options;
    const target = { protocol, port: Number(port) || (protocol === 'https:' ? 443 : 80) };
    try {
      guard.checkHost(hostname, target);
    } catch (refusal) {
      callback(refusal as AddressRefusedError, null);
      return;
    }
    const connect = buildConnector({
      lookup: guard.lookupFor(target),
      timeout: 0,
      // Node wants an integer of at least 10.
      autoSelectFamilyAttemptTimeout: Math.max(10, Math.floor(addressMs)),
      allowH2: false,
      minVersion: 'TLSv1.2',
      // An explicit value, so that NODE_TLS_REJECT_UNAUTHORIZED in the environment has no effect.
      rejectUnauthorized: true,
      ...(certificate !== undefined && { cert: certificate }),
      ...(key !== undefined && { key }),
      // The authority may be an intermediate one, or the server's own self-signed certificate.
      ...(ca !== undefined && { ca, allowPartialTrustChain: true }),
    });
    const socket: unknown = connect(options, callback);
    if (socket instanceof Socket) onSocket(socket);
  };
}
