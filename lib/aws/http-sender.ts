/** The Sender port over HTTP: one POST, one deadline, no redirect, a bounded answer, and no address but a public one. */
import { type Agent, request } from 'undici';
import type { OutgoingRequest, Sender, SendResult } from '../relay/ports.ts';
import { AddressGuard } from './address-guard.ts';
import { beginningOf } from './beginning-of.ts';
import { failureText } from './failure-text.ts';
import { guardedAgent } from './guarded-agent.ts';

/** What is read of an answer; the rest of a longer one is not waited for. */
const ANSWER_LIMIT_BYTES = 16 * 1024;

export class HttpSender implements Sender {
  readonly #agent: Agent;

  constructor(guard = new AddressGuard()) {
    this.#agent = guardedAgent(guard);
  }

  async post({ url, headers, body, timeoutMs }: OutgoingRequest): Promise<SendResult> {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const answer = await request(url, { method: 'POST', headers, body, signal, dispatcher: this.#agent });
      const retryAfter = answer.headers['retry-after'];
      return {
        kind: 'answer',
        status: answer.statusCode,
        text: await beginningOf(answer.body, ANSWER_LIMIT_BYTES),
        ...(typeof retryAfter === 'string' && { retryAfter }),
      };
    } catch (error) {
      return {
        kind: 'failure',
        error: signal.aborted ? `timeout after ${timeoutMs / 1000} s` : failureText(error),
      };
    }
  }
}
