/** One POST to an address that a person configured: with an address check, one deadline, and a limit on the answer. */
import type { IncomingHttpHeaders } from 'node:http';
import type { TlsIdentity } from '../../relay/ports/outgoing.ts';
import type { AddressGuard } from './address-guard.ts';
import { answerText } from './answer-text.ts';
import { type Connection, openConnection } from './connection.ts';
import type { ConnectionPool } from './connection-pool.ts';
import { ExchangeError, exchange, type ReceivedAnswer } from './exchange.ts';
import { failureText } from './failure-text.ts';
import { type PostTarget, postTarget } from './post-target.ts';

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

export interface Answer {
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
 * Sends the request, and ends by the deadline, whatever the server does. Follows no redirects and ignores proxy settings
 * of the environment. A server may close an idle connection at any time. So a request that fails on a reused connection
 * before any byte of an answer is repeated once, on a new connection.
 *
 * @param pool has only connections that this guard checked. Without it, the connection is closed after the answer
 * @throws PostError
 */
export async function guardedPost(
  guard: AddressGuard,
  request: GuardedRequest,
  pool?: ConnectionPool,
): Promise<Answer> {
  const { timeoutMs } = request;
  let connection: Connection | undefined;
  let why: PostError | undefined;
  const end = (reason: PostError) => {
    why ??= reason;
    connection?.close();
  };
  let lastTurn: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => {
    // After a standstill of this process, a late timer comes before an answer that has arrived meanwhile.
    lastTurn = setImmediate(() =>
      end(new PostError(`timeout after ${timeoutMs / 1000} s`, { isTimeout: true })),
    );
  }, timeoutMs);
  const options = {
    keepAlive: pool !== undefined,
    onFlood: () => end(new PostError('answer never comes to an end')),
  };
  const send = async (target: PostTarget): Promise<ReceivedAnswer> => {
    connection = pool?.take(target) ?? openConnection(guard, target, timeoutMs);
    if (!connection.isReused) await connection.opened();
    const answer = await exchange(connection, target, request, options);
    if (answer.isComplete && pool !== undefined) pool.keep(connection, target, answer.headers);
    else connection.close();
    return answer;
  };
  try {
    const target = postTarget(request.url, request.tls);
    let answer: ReceivedAnswer;
    try {
      answer = await send(target);
    } catch (error) {
      if (why !== undefined || !(error instanceof ExchangeError && error.isRepeatable)) throw error;
      pool?.closeIdle(target);
      answer = await send(target);
    }
    const { status, headers, bytes } = answer;
    const text = answerText(bytes, headers['content-encoding'], request.answerLimitBytes);
    return { status, headers, text: typeof text === 'string' ? text : await text };
  } catch (error) {
    connection?.close();
    const cause = error instanceof ExchangeError ? error.cause : error;
    throw why ?? new PostError(failureText(cause), { cause });
  } finally {
    clearTimeout(timer);
    clearImmediate(lastTurn);
  }
}
