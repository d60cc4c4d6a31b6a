/** An endpoint's health, and how each attempt changes it: a circuit that opens after failures and is probed. */
import { after } from '../model/clock.ts';
import type { Attempt } from '../model/delivery.ts';
import type { OrderKey } from '../model/ids.ts';
import { answerInWords, isNewAnswer, type LastAnswer, withAnswer } from './last-answer.ts';
import { type Refusals, refusalsAfter, withoutRefusals } from './refusals.ts';

/**
 * `ok`: the relay sends deliveries. `failing`: the circuit is open, so the relay sends only probes. `disabled`: the relay
 * sends nothing until a person enables the endpoint.
 */
export const HEALTH_STATES = ['ok', 'failing', 'disabled'] as const;

export interface Health extends LastAnswer, Refusals {
  readonly state: (typeof HEALTH_STATES)[number];
  /** Why it is not `ok`. */
  readonly reason?: string;
  /** The first quick answer since the endpoint was new, slow or failing. Fan-out sends inline only to proven endpoints. */
  readonly provenAt?: Date;
  /** Set by an answer that took over two seconds. The endpoint is unproven until its first quick answer after this time. */
  readonly slowUntil?: Date;
  /** Consecutive failures that {@link isEndpointFailure} attributes to the endpoint. */
  readonly consecutiveFailures: number;
  /** The first of these failures. */
  readonly failingSince?: Date;
  /** Probes that failed since the circuit opened. */
  readonly failedProbes?: number;
  /** While failing: the earliest time of the next probe. */
  readonly retryAt?: Date;
  /** The endpoint asked for no requests until this time. */
  readonly busyUntil?: Date;
  readonly probeIntervalSeconds?: number;
  /**
   * When the endpoint answered again after it was failing. Set until deliver has attempted the whole backlog. A delivery
   * last attempted before this time is due at once, whatever its own schedule says.
   */
  readonly recoveredAt?: Date;
}

/** An attempt as the endpoint's health counts it. */
export interface ObservedAttempt extends Attempt {
  readonly orderKey: OrderKey;
  /** It tested whether a failing endpoint answers again. */
  readonly isProbe?: boolean;
  /** The part of the duration in which this process could not work. It says nothing of the endpoint. */
  readonly ownDelayMs?: number;
}

/** The health of an endpoint that was never sent a request: `ok`, but not proven. */
export const UNKNOWN_HEALTH: Health = { state: 'ok', consecutiveFailures: 0 };

const SLOW_MS = 2_000;
export const SLOW_FOR_MS = 5 * 60_000;
/** `slowUntil` moves in steps of at least this size, which limits writes. */
const SLOW_UNTIL_STEP_MS = 60_000;
const FAILURES_TO_OPEN = 5;
const FIRST_PROBE_AFTER_SECONDS = 60;
/** An endpoint that asks for a shorter wait is busy, and not failing. */
export const SHORT_WAIT_SECONDS = 60;
const LONGEST_PROBE_INTERVAL_SECONDS = 15 * 60;
const DISABLED_AFTER_DAYS = 5;
const DAY_MS = 24 * 60 * 60_000;
const GONE = 410;

/** Returns the health after an attempt; the same object when nothing changes. */
export function healthAfter(health: Health, made: ObservedAttempt): Health {
  if (made.unsent) return health;
  const endedAt = after(made.at, made.durationMs);
  const timed = speedAfter(health, made, endedAt);
  // An attempt that was cut short proves only that the endpoint is slow: an answer may have been on its way.
  if (timed.state === 'disabled' || made.cutShort) return timed;
  const next = circuitAfter(refusalsAfter(timed, made), made, endedAt);
  return next === health && !isNewAnswer(health, made) ? health : withAnswer(next, made);
}

/** True for a failure caused by the endpoint rather than by the request: no answer, 429, 5xx. */
export function isEndpointFailure({ status, unsent, accepted }: Attempt): boolean {
  if (unsent || accepted) return false;
  return status === undefined || status === 429 || status >= 500;
}

/** True when the endpoint asked for a wait of less than a minute. Such an answer is no failure of the endpoint. */
export function asksForShortWait(made: Attempt): boolean {
  const { retryAfterSeconds: seconds } = made;
  return isEndpointFailure(made) && seconds !== undefined && seconds < SHORT_WAIT_SECONDS;
}

/** True when the endpoint failed often enough to notify people, or asked for a long wait. */
export function isDown({ state, consecutiveFailures, retryAt }: Health, now: Date): boolean {
  if (state !== 'failing') return false;
  const asksForLongWait =
    retryAt !== undefined && retryAt > after(now, LONGEST_PROBE_INTERVAL_SECONDS * 1000);
  return consecutiveFailures >= FAILURES_TO_OPEN || asksForLongWait;
}

/** True for an endpoint that answered quickly since it was new, slow or failing. */
export function isProven({ provenAt, slowUntil }: Health): boolean {
  return provenAt !== undefined && slowUntil === undefined;
}

/** Returns the health with the next probe scheduled; undefined when no probe is due. */
export function probeTaken(health: Health, now: Date): Health | undefined {
  if (health.state !== 'failing' || (health.retryAt !== undefined && health.retryAt > now)) return undefined;
  const intervalSeconds = health.probeIntervalSeconds ?? FIRST_PROBE_AFTER_SECONDS;
  return {
    ...health,
    retryAt: after(now, intervalSeconds * 1000),
    probeIntervalSeconds: Math.min(2 * intervalSeconds, LONGEST_PROBE_INTERVAL_SECONDS),
  };
}

/** The health after deliver has attempted the backlog of a recovered endpoint. */
export function backlogDrained({ recoveredAt: _, ...health }: Health): Health {
  return health;
}

/** The health with a closed circuit, no failures and no refusals. The known speed and the last answer stay. */
export function cleared({ reason: _, ...health }: Health): Health {
  return { ...withoutRefusals(withoutFailures(health)), state: 'ok' };
}

function circuitAfter(health: Health, made: ObservedAttempt, endedAt: Date): Health {
  if (made.status === GONE && !made.accepted) return disabled(health, 'it answered 410: gone for good');
  if (asksForShortWait(made)) return busy(health, made, endedAt);
  return isEndpointFailure(made) ? failed(health, made, endedAt) : answered(health, endedAt);
}

/** One slow answer makes the endpoint slow for five minutes. Only a quick answer after that proves it. */
function speedAfter(health: Health, made: ObservedAttempt, endedAt: Date): Health {
  const isSlow = made.durationMs - (made.ownDelayMs ?? 0) > SLOW_MS;
  if (!isSlow && (isEndpointFailure(made) || isProven(health))) return health;
  const { provenAt: _, slowUntil, ...rest } = health;
  if (isSlow) {
    const until = after(endedAt, SLOW_FOR_MS);
    const isKnown = slowUntil !== undefined && slowUntil > after(until, -SLOW_UNTIL_STEP_MS);
    return isKnown ? health : { ...rest, slowUntil: until };
  }
  return slowUntil !== undefined && slowUntil > endedAt ? health : { ...rest, provenAt: endedAt };
}

/** While the circuit is open, only the next probe waits. */
function busy(health: Health, { retryAfterSeconds = 0 }: Attempt, now: Date): Health {
  const until = after(now, retryAfterSeconds * 1000);
  return health.state === 'failing'
    ? { ...health, retryAt: later(health.retryAt, until) }
    : { ...health, busyUntil: later(health.busyUntil, until) };
}

function later(one: Date | undefined, other: Date): Date {
  // Stryker disable next-line EqualityOperator: of two equal times, either will do
  return one !== undefined && one > other ? one : other;
}

function failed(health: Health, made: ObservedAttempt, now: Date): Health {
  const isFailedProbe = made.isProbe === true && health.state === 'failing';
  const failingSince = health.failingSince ?? now;
  const counted: Health = {
    ...health,
    consecutiveFailures: health.consecutiveFailures + 1,
    failingSince,
    ...(isFailedProbe && { failedProbes: (health.failedProbes ?? 0) + 1 }),
  };
  if (counted.state === 'failing' && hasFailedForDays(failingSince, now))
    return disabled(counted, `nothing but failures for ${DISABLED_AFTER_DAYS} days: ${answerInWords(made)}`);
  if (made.retryAfterSeconds !== undefined) return waiting(counted, made.retryAfterSeconds, now);
  if (counted.state === 'failing' || counted.consecutiveFailures < FAILURES_TO_OPEN) return counted;
  return opened(
    counted,
    `${counted.consecutiveFailures} failures in a row: ${answerInWords(made)}`,
    after(now, FIRST_PROBE_AFTER_SECONDS * 1000),
  );
}

function hasFailedForDays(failingSince: Date, now: Date): boolean {
  return after(failingSince, DISABLED_AFTER_DAYS * DAY_MS) <= now;
}

/** The endpoint sent `retry-after`: the circuit opens until then. */
function waiting(health: Health, seconds: number, now: Date): Health {
  return opened(health, `it asked for ${seconds} s without requests`, after(now, seconds * 1000));
}

function opened(health: Health, reason: string, retryAt: Date): Health {
  return {
    ...health,
    state: 'failing',
    reason,
    retryAt: later(health.retryAt, retryAt),
    probeIntervalSeconds: health.probeIntervalSeconds ?? FIRST_PROBE_AFTER_SECONDS,
  };
}

function disabled(health: Health, reason: string): Health {
  const { retryAt: _, probeIntervalSeconds: __, ...rest } = health;
  return { ...rest, state: 'disabled', reason };
}

/** A failing endpoint is unproven after its first success: deliver sends to it slowly until its next quick answer. */
function answered(health: Health, now: Date): Health {
  // This answer came before the failures began, so it does not end them.
  if (health.failingSince !== undefined && now < health.failingSince) return health;
  if (health.state === 'failing') {
    const { provenAt: _, reason: __, ...unproven } = withoutFailures(health);
    return { ...unproven, state: 'ok', recoveredAt: now };
  }
  return health.consecutiveFailures === 0 ? health : withoutFailures(health);
}

function withoutFailures(health: Health): Health {
  const { failingSince: _, failedProbes: __, retryAt: ___, probeIntervalSeconds: ____, ...rest } = health;
  return { ...rest, consecutiveFailures: 0 };
}
