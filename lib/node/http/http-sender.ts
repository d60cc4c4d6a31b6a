/** The Sender port over HTTP: one guarded POST per request, on a connection that may be reused. */
import type { IncomingHttpHeaders } from 'node:http';
import { recordOf } from '../../relay/model/record-of.ts';
import type { OutgoingRequest, Sender, SendResult } from '../../relay/ports/outgoing.ts';
import { AddressGuard } from './address-guard.ts';
import { ConnectionPool, MOST_IDLE_IN_FUNCTION } from './connection-pool.ts';
import { guardedPost, PostError } from './guarded-post.ts';

/** A longer answer is cut. */
const ANSWER_LIMIT_BYTES = 64 * 1024;

export class HttpSender implements Sender {
  readonly #guard: AddressGuard;
  readonly #pool: ConnectionPool;

  constructor(guard = new AddressGuard(), mostIdle = MOST_IDLE_IN_FUNCTION) {
    this.#guard = guard;
    this.#pool = new ConnectionPool(mostIdle);
  }

  async post(request: OutgoingRequest): Promise<SendResult> {
    try {
      const limited = { ...request, answerLimitBytes: ANSWER_LIMIT_BYTES };
      const answer = await guardedPost(this.#guard, limited, this.#pool);
      const { status, headers, text } = answer;
      const retryAfter = headers['retry-after'];
      return {
        kind: 'answer',
        status,
        text,
        headers: headersOf(headers),
        ...(typeof retryAfter === 'string' && { retryAfter }),
      };
    } catch (error) {
      return { kind: 'failure', error: error instanceof PostError ? error.message : 'request failed' };
    }
  }

  /** Closes the idle connections, and from now on each connection after its request. */
  close(): void {
    this.#pool.close();
  }
}

/** Node's names are in lower case. */
function headersOf(headers: IncomingHttpHeaders): Record<string, string> {
  return recordOf(
    Object.entries(headers).map(([name, value = '']) => [
      name,
      typeof value === 'string' ? value : value.join(', '),
    ]),
  );
}
