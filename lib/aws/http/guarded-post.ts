/** One POST to an address that somebody typed in: guarded, under one deadline, and bounded in all that comes back. */
import type { IncomingHttpHeaders } from 'node:http';
import { Socket } from 'node:net';
import { addAbortSignal } from 'node:stream';
import { buildConnector, Client } from 'undici';
import type { AddressGuard, AddressRefusedError } from './address-guard.ts';
import { failureText } from './failure-text.ts';
import { beginningOf } from './read-limited.ts';

const ANSWER_HEADERS_LIMIT_BYTES = 16 * 1024;
/** `103 Early Hints` and the like, which come before the answer and mean nothing here: nobody sends more than a few. */
const INTERIM_ANSWERS_LIMIT = 10;

/**
 * What never comes to an end of its own, such as empty lines before an answer, or the extension of a chunk, is cut off
 * beyond this: far more than an answer that is read takes. How much has come is looked at every so often.
 */
const RECEIVED_LIMIT_BYTES = 1024 * 1024;
const RECEIVED_CHECK_MS = 50;

const CLIENT = {
  // A new connection for each attempt: a frozen function's kept ones are closed by the other side unnoticed, and a
  // POST that dies on such a one cannot be told from one that was received.
  pipelining: 0,
  // The deadline of the whole attempt is the only one.
  headersTimeout: 0,
  bodyTimeout: 0,
  maxHeaderSize: ANSWER_HEADERS_LIMIT_BYTES,
};

export interface GuardedRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
  /** Over everything: name lookup, connection, request and answer. */
  readonly timeoutMs: number;
  /** The rest of a longer answer is not waited for. */
  readonly answerLimitBytes: number;
}

export interface GuardedAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Its beginning; compressed ones stay so. */
  readonly text: string;
}

/** There was no answer. The message says why, in a few words that hold nothing of the request. */
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
 * Whatever the other side does: with the deadline it is over, and nothing of it is left. Redirects are answers like any
 * other, proxies of the environment are ignored.
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
  { url, headers, body, answerLimitBytes }: GuardedRequest,
  signal: AbortSignal,
  onFlood: () => void,
): Promise<GuardedAnswer> {
  const { origin, pathname, search } = new URL(url);
  let connection: Socket | undefined;
  const connect = guardedConnector(guard, (socket) => {
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
    const text = await beginningOf(answer.body, answerLimitBytes);
    return { status: answer.statusCode, headers: answer.headers, text };
  } finally {
    clearInterval(watch);
    // Its connection goes with it.
    void client.destroy();
  }
}

/**
 * Connects to what was checked, and to nothing else: an address as it is typed, a name as it was looked up.
 *
 * @param onSocket gets the socket before there is a connection. Who ends a request that waits for its connection has
 * to destroy it: undici waits for name and handshake for ever
 */
function guardedConnector(guard: AddressGuard, onSocket: (socket: Socket) => void): buildConnector.connector {
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
      allowH2: false,
      minVersion: 'TLSv1.2',
      // Said, so that NODE_TLS_REJECT_UNAUTHORIZED in the environment says nothing.
      rejectUnauthorized: true,
    });
    const socket: unknown = connect(options, callback);
    if (socket instanceof Socket) onSocket(socket);
  };
}
