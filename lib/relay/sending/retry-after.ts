/** Reads how long an answer asks the relay to wait. */
import { LONGEST_WAIT_MS } from '../model/clock.ts';
import type { SendResult } from '../ports/outgoing.ts';

type Answer = Extract<SendResult, { readonly kind: 'answer' }>;

/** Too many requests, and service unavailable. */
const ASKS_TO_WAIT = [429, 503];
/** A delivery is attempted for three days. */
const LONGEST_WAIT_SECONDS = LONGEST_WAIT_MS / 1000;
/** Discord's limits are for seconds or minutes. Its older API states `retry_after` in milliseconds. */
const LONGEST_BODY_SECONDS = 60 * 60;
/** Two statements of one time may be rounded. */
const ROUNDED_SECONDS = 1;

/**
 * The wait that a 429 or 503 asks for, at most three days. The first of these counts: the header `Retry-After`, the member
 * `retry_after` of a JSON body, and the header `X-RateLimit-Reset-After`
 * (https://docs.discord.com/developers/topics/rate-limits). Undefined when none asks for a wait.
 *
 * Discord's older API states milliseconds. A number is taken as milliseconds when a thousandth of it is what another of the
 * three says, and a `retry_after` of more than an hour also when none of the others says the same.
 */
export function retryAfterOf({ status, text, headers, retryAfter }: Answer, now: Date): number | undefined {
  if (!ASKS_TO_WAIT.includes(status)) return undefined;
  const header = secondsOf(retryAfter, now);
  const stated = [header, numberInBody(text), secondsOf(headers?.['x-ratelimit-reset-after'], now)].filter(
    (seconds) => seconds !== undefined,
  );
  const [first, ...others] = stated;
  if (first === undefined) return undefined;
  const isStated = (seconds: number) => others.some((other) => Math.abs(seconds - other) <= ROUNDED_SECONDS);
  const isLongBody = header === undefined && first > LONGEST_BODY_SECONDS && !isStated(first);
  const isMilliseconds = first >= 1000 && (isStated(first / 1000) || isLongBody);
  return Math.min(isMilliseconds ? first / 1000 : first, LONGEST_WAIT_SECONDS);
}

/** `Retry-After`: seconds, also fractions of one, or a date (RFC 9110, section 10.2.3). Undefined when invalid or past. */
function secondsOf(header: string | undefined, now: Date): number | undefined {
  // Stryker disable next-line StringLiteral: every string that is not a time has the same effect
  const text = header?.trim() ?? '';
  const seconds = /^\d+(\.\d+)?$/.test(text)
    ? Number(text)
    : /^[A-Z][a-z]{2}.* GMT$/.test(text)
      ? (Date.parse(text) - now.getTime()) / 1000
      : 0;
  return seconds > 0 ? seconds : undefined;
}

function numberInBody(text: string): number | undefined {
  // Stryker disable next-line ConditionalExpression,StringLiteral: it only saves the parsing of most answers
  if (!text.includes('retry_after')) return undefined;
  try {
    const body: unknown = JSON.parse(text);
    // Stryker disable next-line ConditionalExpression,LogicalOperator: where `in` throws, the answer asks for nothing, too
    if (typeof body !== 'object' || body === null || !('retry_after' in body)) return undefined;
    const { retry_after: number } = body;
    return typeof number === 'number' && number > 0 ? number : undefined;
  } catch {
    // Not JSON: the answer asks for nothing here.
  }
  return undefined;
}
