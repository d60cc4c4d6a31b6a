/** One request and its answer over one connection. */
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { answerText } from './answer-text.ts';
import { readLimited } from './read-limited.ts';

/** A server may send a few interim answers, such as `103 Early Hints`, before the answer. The relay ignores them. */
const INTERIM_ANSWERS_LIMIT = 10;

/**
 * The connection is closed when it has received more than this for one request, far more than any answer needs. A server
 * can send bytes without end that are not part of the body, such as empty lines before the answer or a chunk extension.
 */
const RECEIVED_LIMIT_BYTES = 1024 * 1024;
const RECEIVED_CHECK_MS = 50;

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The beginning of the body, decompressed. */
  readonly text: string;
}

export interface ExchangeOptions {
  readonly body: Uint8Array | string;
  /** A longer answer is cut. */
  readonly answerLimitBytes: number;
  /** Called when the server sends far more than an answer. */
  readonly onFlood: () => void;
  readonly onAnswer?: ((socket: Socket, headers: IncomingHttpHeaders) => void) | undefined;
}

/** The request failed. `isRepeatable` when it failed on a reused connection before any byte of an answer. */
export class ExchangeError extends Error {
  override readonly name = 'ExchangeError';
  readonly isRepeatable: boolean;

  constructor(cause: unknown, isRepeatable: boolean) {
    super('no answer', { cause });
    this.isRepeatable = isRepeatable;
  }
}

/**
 * Sends the body and reads the answer. The connection is closed unless the request and its answer were complete.
 *
 * @throws ExchangeError
 */
export async function exchange(post: ClientRequest, options: ExchangeOptions): Promise<Answer> {
  const { answerLimitBytes, onAnswer } = options;
  let answer: IncomingMessage | undefined;
  const received = receivedBy(post);
  const stopWatching = watchForFlood(post, received, options.onFlood);
  try {
    answer = await answerTo(post, options.body);
    const { statusCode: status = 0, headers } = answer;
    // Node also reports statuses below 100, and 101 without an upgrade.
    if (status < 200) throw new NoAnswerError('HPE_INVALID_STATUS');
    if (post.socket !== null) onAnswer?.(post.socket, headers);
    const bytes = await readLimited(answer, answerLimitBytes);
    return { status, headers, text: await answerText(bytes, headers['content-encoding'], answerLimitBytes) };
  } catch (cause) {
    post.destroy();
    throw new ExchangeError(cause, post.reusedSocket && received.bytes() === 0);
  } finally {
    stopWatching();
    if (answer?.complete !== true || !post.writableFinished) post.destroy();
  }
}

/** Resolves with the head of the answer. */
function answerTo(post: ClientRequest, body: Uint8Array | string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    post.once('socket', (socket) => {
      if (!socket.connecting && post.reusedSocket) return post.end(body);
      // A request that waits for the handshake would hide the reason why it fails: its own code is then EPROTO.
      return socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', () => post.end(body));
    });
    let hasAnswered = false;
    post.once('response', (answer) => {
      hasAnswered = true;
      resolve(answer);
    });
    // The listener stays: the connection may break after the answer has begun.
    post.on('error', reject);
    post.once('upgrade', (_, socket) => socket.destroy());
    post.once('close', () => {
      // Each request closes. An error costs a stack trace.
      if (!hasAnswered) reject(new NoAnswerError('ECONNRESET'));
    });
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

/** Counts the bytes that this request's connection received since the request has it. */
function receivedBy(post: ClientRequest): { bytes(): number } {
  let before = 0;
  let connection: Socket | undefined;
  post.once('socket', (socket) => {
    before = socket.bytesRead;
    connection = socket;
  });
  return { bytes: () => (connection?.bytesRead ?? before) - before };
}

/** @returns a function that ends the watch */
function watchForFlood(post: ClientRequest, received: { bytes(): number }, onFlood: () => void): () => void {
  let interimAnswers = 0;
  post.on('information', () => {
    interimAnswers += 1;
    // Once: Node parses all that it has received before it closes the connection.
    if (interimAnswers === INTERIM_ANSWERS_LIMIT + 1) onFlood();
  });
  const timer = setInterval(() => {
    if (received.bytes() > RECEIVED_LIMIT_BYTES) onFlood();
  }, RECEIVED_CHECK_MS);
  return () => clearInterval(timer);
}
