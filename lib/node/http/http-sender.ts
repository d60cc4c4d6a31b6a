/** The Sender port over HTTP: one guarded POST per request. */
import type { IncomingHttpHeaders } from 'node:http';
import type { OutgoingRequest, Sender, SendResult } from '../../relay/ports/outgoing.ts';
import { AddressGuard } from './address-guard.ts';
import { guardedPost, PostError } from './guarded-post.ts';

/** A longer answer is cut. */
const ANSWER_LIMIT_BYTES = 64 * 1024;

export class HttpSender implements Sender {
  readonly #guard: AddressGuard;

  constructor(guard = new AddressGuard()) {
    this.#guard = guard;
  }

  async post(request: OutgoingRequest): Promise<SendResult> {
    try {
      const answer = await guardedPost(this.#guard, { ...request, answerLimitBytes: ANSWER_LIMIT_BYTES });
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
}

function headersOf(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [value ?? []].flat().join(', ')]),
  );
}
