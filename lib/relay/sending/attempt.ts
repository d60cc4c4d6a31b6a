/** Makes one attempt to deliver an event to an endpoint. Fan-out and deliver share it. */

import type { SendingContext } from '../context.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { Attempt } from '../model/delivery.ts';
import { isTest, succeeded } from '../model/delivery.ts';
import type { Payload } from '../model/event.ts';
import type { OutgoingEvent } from '../model/expression-input.ts';
import type { EvaluateOptions } from '../ports/expressions.ts';
import type { SendResult } from '../ports/outgoing.ts';
import { OrderIdError } from './order-url.ts';
import { retryAfterOf } from './retry-after.ts';
import { type Fence, send } from './send.ts';
import { verdictOn } from './success.ts';
import { applyTransform } from './transform.ts';

const ANSWER_LIMIT_BYTES = 512;
const HEADERS_SHOWN = ['content-type', 'location', 'retry-after', 'www-authenticate', 'server'];
const HEADER_LIMIT = 256;
/** Timer and clock may differ by some milliseconds. */
const TIMERS_DIFFER_MS = 50;

export interface AttemptOptions {
  /** Cuts the attempt short after this time, if the endpoint's timeout is longer. */
  readonly limitSeconds?: number;
  readonly fence?: Fence;
  /** The endpoint is failing, and the attempt tests whether it answers again. */
  readonly isProbe?: boolean;
  /** For the transform. */
  readonly evaluateOptions?: EvaluateOptions;
}

/**
 * Sends one request and returns the result. A failure of the endpoint is a result.
 * @throws TransformPostponedError
 * @throws LeaseExpiredError when the fence does not allow the request any more
 */
export async function attempt(
  context: SendingContext,
  endpoint: Endpoint,
  event: OutgoingEvent,
  payload: Payload,
  { limitSeconds = endpoint.timeoutSeconds, fence, isProbe = false, evaluateOptions }: AttemptOptions = {},
): Promise<Attempt> {
  const content = await applyTransform(context, endpoint, event, payload, evaluateOptions);
  const at = context.clock.now();
  if ('unsent' in content) return { at, durationMs: 0, error: content.unsent, unsent: true };
  const startedMs = context.clock.monotonicMs();
  const delayedBeforeMs = context.clock.delayedMs?.() ?? 0;
  const timeoutSeconds = Math.min(endpoint.timeoutSeconds, limitSeconds);
  let result: SendResult;
  try {
    result = await send(context, endpoint, event, content, { timeoutSeconds, fence });
  } catch (error) {
    if (error instanceof OrderIdError) return { at, durationMs: 0, error: error.message, unsent: true };
    throw error;
  }
  const durationMs = Math.round(context.clock.monotonicMs() - startedMs);
  const ownDelayMs = (context.clock.delayedMs?.() ?? 0) - delayedBeforeMs;
  const isCutShort =
    result.kind === 'failure' &&
    timeoutSeconds < endpoint.timeoutSeconds &&
    durationMs >= timeoutSeconds * 1000 - TIMERS_DIFFER_MS;
  const answered = result.kind === 'answer' && (await verdictOn(context, endpoint, event.eventId, result));
  const made: Attempt = {
    at,
    durationMs,
    ...describe(result, context.clock.now()),
    ...answered,
    ...(isTest(event) && headersShown(result)),
    ...(isCutShort && { cutShort: true }),
  };
  context.config.healthRecorder.observe(endpoint.id, {
    ...made,
    orderKey: event.orderKey,
    isProbe,
    ...(ownDelayMs > 0 && { ownDelayMs }),
  });
  context.telemetry.count(succeeded(made) ? 'DeliveriesDelivered' : 'DeliveriesFailedAttempts');
  return made;
}

function describe(result: SendResult, now: Date): Omit<Attempt, 'at' | 'durationMs'> {
  if (result.kind === 'failure') return { error: result.error };
  const { status, text, withheld } = result;
  const retryAfterSeconds = retryAfterOf(result, now);
  return {
    status,
    answer: withheld ? '' : beginningOf(text),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  };
}

/** The headers that explain an answer to the person who sends a test. */
function headersShown(result: SendResult): Pick<Attempt, 'headers'> {
  // Stryker disable next-line ConditionalExpression,StringLiteral: a failure has no headers
  if (result.kind === 'failure' || result.withheld) return {};
  const shown = HEADERS_SHOWN.flatMap((name) => {
    const value = result.headers?.[name];
    return value === undefined ? [] : [[name, value.slice(0, HEADER_LIMIT)]];
  });
  return shown.length === 0 ? {} : { headers: Object.fromEntries(shown) };
}

function beginningOf(text: string): string {
  // A UTF-16 unit has at most three bytes in UTF-8.
  // Stryker disable next-line ConditionalExpression,EqualityOperator: it only saves time
  if (text.length * 3 <= ANSWER_LIMIT_BYTES) return text;
  const bytes = Buffer.from(text).subarray(0, ANSWER_LIMIT_BYTES);
  // A character that the limit splits is left out.
  return new TextDecoder().decode(bytes, { stream: true });
}
