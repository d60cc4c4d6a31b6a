/** The Sender port over HTTP: one POST, one deadline, no redirect, a bounded answer, and no address but a public one. */
import { Socket } from 'node:net';
import { addAbortSignal } from 'node:stream';
import { buildConnector, Client } from 'undici';
import type { OutgoingRequest, Sender, SendResult } from '../relay/ports.ts';
import { AddressGuard, AddressRefusedError } from './address-guard.ts';

/** What is read of an answer; the rest of a longer one is not waited for. */
const ANSWER_LIMIT_BYTES = 16 * 1024;
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

export class HttpSender implements Sender {
  readonly #guard: AddressGuard;

  constructor(guard = new AddressGuard()) {
    this.#guard = guard;
  }

  /** Whatever the other side does: with the deadline it is over, and nothing of it is left. */
  async post(request: OutgoingRequest): Promise<SendResult> {
    const ending = new AbortController();
    let why: string | undefined;
    const end = (reason: string) => {
      why ??= reason;
      ending.abort();
    };
    const { timeoutMs } = request;
    const timer = setTimeout(() => end(`timeout after ${timeoutMs / 1000} s`), timeoutMs);
    try {
      return await this.#exchange(request, ending.signal, () => end('answer never comes to an end'));
    } catch (error) {
      return { kind: 'failure', error: why ?? describe(error) };
    } finally {
      clearTimeout(timer);
    }
  }

  async #exchange(
    { url, headers, body }: OutgoingRequest,
    signal: AbortSignal,
    onFlood: () => void,
  ): Promise<SendResult> {
    const { origin, pathname, search } = new URL(url);
    let connection: Socket | undefined;
    const connect = guardedConnector(this.#guard, (socket) => {
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
      const retryAfter = answer.headers['retry-after'];
      return {
        kind: 'answer',
        status: answer.statusCode,
        text: await beginningOf(answer.body),
        ...(typeof retryAfter === 'string' && { retryAfter }),
      };
    } finally {
      clearInterval(watch);
      // Its connection goes with it.
      void client.destroy();
    }
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

/** The status has been given by then: an answer that breaks off or drags on is cut short, not a failure. */
async function beginningOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  try {
    for await (const chunk of body) {
      text += decoder.decode(chunk.subarray(0, ANSWER_LIMIT_BYTES - bytes), { stream: true });
      bytes += chunk.length;
      // Leaving the loop closes the connection.
      if (bytes >= ANSWER_LIMIT_BYTES) break;
    }
  } catch {
    // What came before the break is what there is to tell.
  }
  return text;
}

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection closed before the answer',
  UND_ERR_SOCKET: 'connection closed before the answer',
  EPIPE: 'connection closed before the answer',
  ENOTFOUND: 'host name not found',
  EAI_AGAIN: 'host name could not be looked up',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'answer is not HTTP',
  // Statuses below 100.
  ERR_ASSERTION: 'answer is not HTTP',
  UND_ERR_HEADERS_OVERFLOW: 'answer headers too large',
  HPE_HEADER_OVERFLOW: 'answer headers too large',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'TLS version is older than 1.2',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'TLS version is older than 1.2',
  ERR_TLS_CERT_ALTNAME_INVALID: 'TLS certificate is for another name',
  CERT_HAS_EXPIRED: 'TLS certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'TLS certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'TLS certificate is self-signed',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'TLS certificate cannot be verified',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'TLS certificate cannot be verified',
};

/** By the error's code alone: its message may hold an address, and so a secret. */
function describe(error: unknown): string {
  if (error instanceof AddressRefusedError) return `refused: ${error.message}`;
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  const known = DESCRIPTIONS[code];
  if (known !== undefined) return known;
  if (code.startsWith('HPE_') || (error instanceof Error && error.name === 'HTTPParserError'))
    return 'answer is not HTTP';
  return code === '' ? 'request failed' : `request failed: ${code}`;
}
