/** What an endpoint is sent of an event: the webhook as it came, or what the endpoint's transform makes of it. */

import type { SendingContext } from '../context.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { Payload } from '../model/event.ts';
import { expressionInput, type OutgoingEvent } from '../model/expression-input.ts';
import { EVALUATION_LIMIT_MS } from '../ports/expressions.ts';

/** An order of a hundred items is some 60 KB; no message to people or systems needs as much as this. */
export const CONTENT_LIMIT_BYTES = 1024 * 1024;

/** What to send; or why nothing may be sent, for the webhook itself holds what the endpoint was not meant to have. */
export type Content = Payload | { readonly unsent: string };

/** Never rejects. */
export async function applyTransform(
  context: Pick<SendingContext, 'expressions' | 'telemetry'>,
  { id, transform, contentType }: Pick<Endpoint, 'id' | 'transform' | 'contentType'>,
  event: OutgoingEvent,
  payload: Payload,
): Promise<Content> {
  if (transform === undefined) return payload;
  const evaluated = await context.expressions.evaluate(transform, expressionInput(event, payload), 'value');
  const content = evaluated.kind === 'failure' ? unsent(evaluated.reason) : asContent(evaluated.value);
  if ('unsent' in content) {
    const { eventId } = event;
    context.telemetry.warn('nothing was sent', { endpointId: id, eventId, reason: content.unsent });
    context.telemetry.count('ExpressionsFailed');
    return content;
  }
  return contentType === undefined ? content : { ...content, contentType };
}

/** The longest that an attempt takes: until it is known what to send, and until the answer is there. */
export function maxAttemptMs({
  timeoutSeconds,
  transform,
}: Pick<Endpoint, 'timeoutSeconds' | 'transform'>): number {
  return timeoutSeconds * 1000 + (transform === undefined ? 0 : EVALUATION_LIMIT_MS);
}

/** The longest that a delivery takes about which the filter has to be asked before. */
export function maxDeliveryMs(endpoint: Pick<Endpoint, 'filter' | 'timeoutSeconds' | 'transform'>): number {
  return maxAttemptMs(endpoint) + (endpoint.filter === undefined ? 0 : EVALUATION_LIMIT_MS);
}

function asContent(value: unknown): Content {
  if (value === undefined || value === null) return unsent('it gives nothing');
  const [text, contentType] =
    typeof value === 'string'
      ? [value, 'text/plain; charset=utf-8']
      : [JSON.stringify(value), 'application/json'];
  const body = Buffer.from(text);
  return body.length > CONTENT_LIMIT_BYTES
    ? unsent(`it gives more than ${CONTENT_LIMIT_BYTES} bytes`)
    : { contentType, body };
}

function unsent(reason: string): Content {
  return { unsent: `transform: ${reason}` };
}
