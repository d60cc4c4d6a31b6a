/** Decides whether an answer is a success: any 2xx, or what the endpoint's `success` expression says. */
import type { SendingContext } from '../context.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { Attempt } from '../model/delivery.ts';
import type { AnswerInput } from '../model/expression-input.ts';
import type { EventId } from '../model/ids.ts';
import type { SendResult } from '../ports/outgoing.ts';
import { redirectText } from './redirect-text.ts';

type Answer = Extract<SendResult, { readonly kind: 'answer' }>;
type Verdict = Pick<Attempt, 'accepted' | 'error' | 'cutShort'>;

/**
 * Never rejects. An expression that fails is a failed attempt with its own reason, also after a 2xx: the relay must not
 * report a success that the endpoint may have denied. An expression that others kept from being evaluated is no failure: the
 * attempt is cut short.
 */
export async function verdictOn(
  context: Pick<SendingContext, 'expressions' | 'telemetry'>,
  { id, url, success }: Pick<Endpoint, 'id' | 'url' | 'success'>,
  eventId: EventId,
  answer: Answer,
): Promise<Verdict> {
  const redirect = redirectText(url, answer);
  const redirected = redirect === undefined ? {} : { error: redirect };
  if (success === undefined) return redirected;
  const found = await context.expressions.evaluate(success, answerInput(answer), 'boolean');
  if (found.kind === 'value') {
    if (found.value === true) return { accepted: true };
    return { accepted: false, error: ['`success` is false', redirect].filter(Boolean).join(', ') };
  }
  if (found.kind === 'postponed')
    return { error: '`success` was not evaluated: other expressions took the time', cutShort: true };
  const { reason } = found;
  context.telemetry.warn('success failed; the attempt counts as failed', { endpointId: id, eventId, reason });
  context.telemetry.count('ExpressionsFailed');
  return { error: `success: ${reason}` };
}

/** The input of a `success` expression. */
export function answerInput({
  status,
  headers = {},
  text,
}: Pick<Answer, 'status' | 'headers' | 'text'>): AnswerInput {
  return { status, headers, body: jsonOr(text) };
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
