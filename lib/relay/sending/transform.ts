/** Computes the body for an endpoint: the webhook's body, or the result of the endpoint's transform. */

import type { SendingContext } from '../context.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { Payload } from '../model/event.ts';
import { expressionInput, type OutgoingEvent } from '../model/expression-input.ts';
import { EVALUATION_LIMIT_MS, type EvaluateOptions } from '../ports/expressions.ts';

/** An order of a hundred items has about 60 KB. */
export const CONTENT_LIMIT_BYTES = 1024 * 1024;

/** The payload to send, or the reason why nothing is sent. A failed transform never sends the original body. */
export type TransformResult = Payload | { readonly unsent: string };

/** Other expressions took the time of an endpoint's transform. Nothing was sent, and the expression has not failed. */
export class TransformPostponedError extends Error {
  override readonly name = 'TransformPostponedError';
}

/** @throws TransformPostponedError */
export async function applyTransform(
  context: Pick<SendingContext, 'expressions' | 'telemetry'>,
  { id, transform, contentType }: Pick<Endpoint, 'id' | 'transform' | 'contentType'>,
  event: OutgoingEvent,
  payload: Payload,
  options: EvaluateOptions = {},
): Promise<TransformResult> {
  if (transform === undefined) return contentType === undefined ? payload : { ...payload, contentType };
  const input = expressionInput(event, payload);
  const evaluated = await context.expressions.evaluate(transform, input, 'value', options);
  if (evaluated.kind === 'postponed') throw new TransformPostponedError('other expressions took the time');
  const content = evaluated.kind === 'failure' ? unsent(evaluated.reason) : asContent(evaluated.value);
  if ('unsent' in content) {
    const { eventId } = event;
    context.telemetry.warn('transform failed; nothing was sent', {
      endpointId: id,
      eventId,
      reason: content.unsent,
    });
    context.telemetry.count('ExpressionsFailed');
    return content;
  }
  return contentType === undefined ? content : { ...content, contentType };
}

type TimedEndpoint = Pick<Endpoint, 'filter' | 'timeoutSeconds' | 'transform' | 'success'>;

/** The longest duration of an attempt: transform, request and `success`. */
export function maxAttemptMs({ timeoutSeconds, transform, success }: Omit<TimedEndpoint, 'filter'>): number {
  const expressions = [transform, success].filter((expression) => expression !== undefined);
  return timeoutSeconds * 1000 + expressions.length * EVALUATION_LIMIT_MS;
}

/** The longest duration of a delivery: filter, transform, request and `success`. */
export function maxDeliveryMs(endpoint: TimedEndpoint): number {
  return maxAttemptMs(endpoint) + (endpoint.filter === undefined ? 0 : EVALUATION_LIMIT_MS);
}

function asContent(value: unknown): TransformResult {
  if (value === undefined || value === null) return unsent('it gives nothing');
  if (typeof value === 'string') return limited(value, 'text/plain; charset=utf-8');
  try {
    return limited(JSON.stringify(value), 'application/json');
  } catch {
    // JSON.stringify is recursive. Parsed JSON causes no other error.
    return unsent('its result is nested too deeply');
  }
}

function limited(text: string, contentType: string): TransformResult {
  const body = Buffer.from(text);
  return body.length > CONTENT_LIMIT_BYTES
    ? unsent(`it gives more than ${CONTENT_LIMIT_BYTES} bytes`)
    : { contentType, body };
}

function unsent(reason: string): TransformResult {
  return { unsent: `transform: ${reason}` };
}
