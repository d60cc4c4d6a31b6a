/** The Sender port over HTTP: one POST, one deadline, no redirect, a bounded answer. */
import { Agent, request } from 'undici';
import type { OutgoingRequest, Sender, SendResult } from '../relay/ports.ts';

/** What is read of an answer; the rest of a longer one is not waited for. */
const ANSWER_LIMIT_BYTES = 16 * 1024;

export class HttpSender implements Sender {
  /**
   * A new connection for each attempt: a frozen function's kept ones are closed by the other side unnoticed, and a
   * POST that dies on such a one cannot be told from one that was received.
   */
  readonly #agent = new Agent({ pipelining: 0, connect: { timeout: 0 }, headersTimeout: 0, bodyTimeout: 0 });

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
  UND_ERR_HEADERS_OVERFLOW: 'answer headers too large',
};

/** By the error's code alone: its message may hold an address, and so a secret. */
function describe(error: unknown): string {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code.startsWith('HPE_')) return 'answer is not HTTP';
  return DESCRIPTIONS[code] ?? (code === '' ? 'request failed' : `request failed: ${code}`);
}
