/** One request and its answer over one connection. */
import type { IncomingHttpHeaders, IncomingMessage, RequestOptions } from 'node:http';
import { type Connection, ConnectionClosedError } from './connection.ts';
import { LimitedBytes } from './limited-bytes.ts';
import { request } from './node-http.ts';
import type { PostTarget } from './post-target.ts';

const ANSWER_HEADERS_LIMIT_BYTES = 16 * 1024;

/** A server may send a few interim answers, such as `103 Early Hints`, before the answer. The relay ignores them. */
const INTERIM_ANSWERS_LIMIT = 10;

/**
 * The connection is closed when it has received more than this for one request, far more than any answer needs. A server
 * can send bytes without end that are not part of the body, such as empty lines before the answer or a chunk extension.
 */
const RECEIVED_LIMIT_BYTES = 1024 * 1024;

export interface ReceivedAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The beginning of the body. */
  readonly bytes: Uint8Array;
  /** The request and its answer were complete, so the connection can serve another request. */
  readonly isComplete: boolean;
}

export interface ExchangeOptions {
  readonly keepAlive: boolean;
  /** Called when the server sends far more than an answer. */
  readonly onFlood: () => void;
}

export interface PostContent {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
  /** A longer answer is cut. */
  readonly answerLimitBytes: number;
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
 * @param connection is open
 * @throws ExchangeError, or an error of Node for a header that cannot be sent
 */
export function exchange(
  connection: Connection,
  target: PostTarget,
  content: PostContent,
  { keepAlive, onFlood }: ExchangeOptions,
): Promise<ReceivedAnswer> {
  return new Promise((resolve, reject) => {
    const { socket, isReused } = connection;
    const read = new LimitedBytes(content.answerLimitBytes);
    let answer: IncomingMessage | undefined;
    let receivedBytes = 0;
    let interimAnswers = 0;
    let failure: unknown;
    const post = request(requestOptions(connection, target, content, keepAlive), (response) => {
      const { statusCode = 0 } = response;
      // Node also reports statuses below 100, and 101 without an upgrade.
      if (statusCode < 200) {
        failure ??= new InvalidStatusError();
        post.destroy();
        return;
      }
      answer = response;
      response.on('data', (chunk: Uint8Array) => {
        read.add(chunk);
        if (read.isFull) post.destroy();
      });
      response.once('end', () => {
        if (!post.writableFinished) post.destroy();
      });
    });
    // Without an agent, Node would close the connection, whatever the header says.
    post.shouldKeepAlive = keepAlive;
    post.on('error', (error) => {
      failure ??= error;
    });
    post.on('information', () => {
      interimAnswers += 1;
      // Once: Node parses all that it has received before it closes the connection.
      if (interimAnswers === INTERIM_ANSWERS_LIMIT + 1) onFlood();
    });
    const settle = () => {
      connection.end();
      if (answer === undefined) {
        failure ??= new ConnectionClosedError();
        return reject(new ExchangeError(failure, isReused && receivedBytes === 0));
      }
      const { statusCode: status = 0, headers, complete } = answer;
      const isComplete = complete && post.writableFinished && socket.writable;
      resolve({ status, headers, bytes: read.toBytes(), isComplete });
    };
    // Node is done with the connection.
    post.once('close', settle);
    connection.begin({
      onReceived: (bytes) => {
        receivedBytes += bytes;
        if (receivedBytes > RECEIVED_LIMIT_BYTES) onFlood();
      },
      onClose: settle,
    });
    post.end(content.body);
  });
}

function requestOptions(
  { socket }: Connection,
  target: PostTarget,
  content: PostContent,
  keepAlive: boolean,
): RequestOptions {
  return {
    method: 'POST',
    path: target.path,
    headers: headerLines(target, content, keepAlive),
    // Without an agent, Node also leaves proxies of the environment out.
    createConnection: () => socket,
    maxHeaderSize: ANSWER_HEADERS_LIMIT_BYTES,
    insecureHTTPParser: false,
  };
}

/**
 * Names and values in turn. Node sends such a list as it is, so `Host` and `Content-Length` must be in it. It costs less CPU
 * than an object.
 */
function headerLines({ host }: PostTarget, { headers, body }: PostContent, keepAlive: boolean): string[] {
  const lines = ['Host', host, 'Connection', keepAlive ? 'keep-alive' : 'close'];
  for (const name in headers) lines.push(name, headers[name] ?? '');
  lines.push('Content-Length', String(Buffer.byteLength(body)));
  return lines;
}

class InvalidStatusError extends Error {
  override readonly name = 'InvalidStatusError';
  readonly code = 'HPE_INVALID_STATUS';
}
