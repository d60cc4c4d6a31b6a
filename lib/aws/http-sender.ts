/** The Sender port over HTTP: one POST, one deadline, no redirect, a bounded answer, and no address but a public one. */
import { Agent, buildConnector, request } from 'undici';
import type { OutgoingRequest, Sender, SendResult } from '../relay/ports.ts';
import { AddressGuard, AddressRefusedError } from './address-guard.ts';

/** What is read of an answer; the rest of a longer one is not waited for. */
const ANSWER_LIMIT_BYTES = 16 * 1024;
const ANSWER_HEADERS_LIMIT_BYTES = 16 * 1024;

export class HttpSender implements Sender {
  readonly #agent: Agent;

  constructor(guard = new AddressGuard()) {
    this.#agent = new Agent({
      // A new connection for each attempt: a frozen function's kept ones are closed by the other side unnoticed, and a
      // POST that dies on such a one cannot be told from one that was received.
      pipelining: 0,
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: ANSWER_HEADERS_LIMIT_BYTES,
      connect: guardedConnector(guard),
    });
  }

  async post({ url, headers, body, timeoutMs }: OutgoingRequest): Promise<SendResult> {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const answer = await request(url, { method: 'POST', headers, body, signal, dispatcher: this.#agent });
      const retryAfter = answer.headers['retry-after'];
      return {
        kind: 'answer',
        status: answer.statusCode,
        text: await beginningOf(answer.body),
        ...(typeof retryAfter === 'string' && { retryAfter }),
      };
    } catch (error) {
      return {
        kind: 'failure',
        error: signal.aborted ? `timeout after ${timeoutMs / 1000} s` : describe(error),
      };
    }
  }
}

/** Connects to what was checked, and to nothing else: an address as it is typed, a name as it was looked up. */
function guardedConnector(guard: AddressGuard): buildConnector.connector {
  return (options, callback) => {
    const { protocol, hostname, port } = options;
    const target = { protocol, port: Number(port) || (protocol === 'https:' ? 443 : 80) };
    try {
      guard.checkHost(hostname, target);
    } catch (refusal) {
      callback(refusal as AddressRefusedError, null);
      return;
    }
    // The deadline of the whole attempt is the only one.
    const lookup = guard.lookupFor(target);
    const connect = buildConnector({ timeout: 0, allowH2: false, minVersion: 'TLSv1.2', lookup });
    connect(options, callback);
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
  UND_ERR_HEADERS_OVERFLOW: 'answer headers too large',
  HPE_HEADER_OVERFLOW: 'answer headers too large',
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
