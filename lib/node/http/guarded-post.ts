/** One POST to an address that a person configured: with an address check, one deadline, and a limit on the answer. */
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { addAbortSignal } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { TlsIdentity } from '../../relay/ports/outgoing.ts';
import type { AddressGuard } from './address-guard.ts';
import { answerText } from './answer-text.ts';
import { failureText } from './failure-text.ts';
import { openPost } from './open-post.ts';
import { readLimited } from './read-limited.ts';

/** A server may send a few interim answers, such as `103 Early Hints`, before the answer. The relay ignores them. */
const INTERIM_ANSWERS_LIMIT = 10;

/**
 * The connection is closed when it has received more than this, far more than any answer needs. A server can send bytes
 * without end that are not part of the body, such as empty lines before the answer or a chunk extension.
 */
const RECEIVED_LIMIT_BYTES = 1024 * 1024;
const RECEIVED_CHECK_MS = 50;

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
  request: GuardedRequest,
  signal: AbortSignal,
  onFlood: () => void,
): Promise<GuardedAnswer> {
  const { body, answerLimitBytes } = request;
  const post = openPost(guard, { ...request, signal });
  const stopWatching = watchForFlood(post, onFlood);
  try {
    const answer = addAbortSignal(signal, await answerTo(post, body, signal));
    const bytes = await readLimited(answer, answerLimitBytes);
    const { statusCode: status = 0, headers } = answer;
    // Node also reports statuses below 100, and 101 without an upgrade.
    if (status < 200) throw new NoAnswerError('HPE_INVALID_STATUS');
    return {
      status,
      headers,
      text: await answerText(bytes, headers['content-encoding'], answerLimitBytes),
    };
  } finally {
    stopWatching();
    // This also closes its connection.
    post.destroy();
  }
}

function answerTo(post: ClientRequest, body: Uint8Array | string, signal: AbortSignal) {
  return new Promise<IncomingMessage>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    post.once('socket', (socket) => {
      // A request that waits for the handshake would hide the reason why it fails: its own code is then EPROTO.
      socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', () => post.end(body));
    });
    post.once('response', resolve);
    // The listener stays: the connection may break after the answer has begun.
    post.on('error', reject);
    post.once('upgrade', (_, socket) => socket.destroy());
    post.once('close', () => reject(new NoAnswerError('ECONNRESET')));
  });
}

/** Has one of Node's own codes, where Node has no error. */
class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** @returns a function that ends the watch */
function watchForFlood(post: ClientRequest, onFlood: () => void): () => void {
  let interimAnswers = 0;
  post.on('information', () => {
    interimAnswers += 1;
    // Once: Node parses all that it has received before it closes the connection.
    if (interimAnswers === INTERIM_ANSWERS_LIMIT + 1) onFlood();
  });
  const timer = setInterval(() => {
    if ((post.socket?.bytesRead ?? 0) > RECEIVED_LIMIT_BYTES) onFlood();
  }, RECEIVED_CHECK_MS);
  return () => clearInterval(timer);
}
