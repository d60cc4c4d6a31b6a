/** One POST to an address that a person configured: with an address check, one deadline, and a limit on the answer. */
import type { ClientRequest } from 'node:http';
import type { TlsIdentity } from '../../relay/ports/outgoing.ts';
import type { AddressGuard } from './address-guard.ts';
import type { ConnectionPool } from './connection-pool.ts';
import { type Answer, ExchangeError, exchange } from './exchange.ts';
import { failureText } from './failure-text.ts';
import { openPost, targetOf } from './open-post.ts';

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
  let post: ClientRequest | undefined;
  let why: PostError | undefined;
  const end = (reason: PostError) => {
    why ??= reason;
    post?.destroy(reason);
  };
  const timer = setTimeout(
    () => end(new PostError(`timeout after ${timeoutMs / 1000} s`, { isTimeout: true })),
    timeoutMs,
  );
  const send = () => {
    post = openPost(guard, request, pool);
    return exchange(post, {
      ...request,
      onFlood: () => end(new PostError('answer never comes to an end')),
      onAnswer: pool && ((socket, headers) => pool.noteAnswer(socket, headers)),
    });
  };
  try {
    try {
      return await send();
    } catch (error) {
      if (why !== undefined || !(error instanceof ExchangeError && error.isRepeatable)) throw error;
      pool?.closeIdle(targetOf(request));
      return await send();
    }
  } catch (error) {
    const cause = error instanceof ExchangeError ? error.cause : error;
    throw why ?? new PostError(failureText(cause), { cause });
  } finally {
    clearTimeout(timer);
  }
}
