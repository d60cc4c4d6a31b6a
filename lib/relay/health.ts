/** An endpoint's condition, and what each attempt tells of it: a circuit that opens, is probed, and recovers. */
import { after } from './clock.ts';
import type { Attempt } from './delivery.ts';

/**
 * `closed`: all is well. `open`: nothing is sent but a probe now and then. `recovering`: it answers again, and gets
 * what it missed little by little. `disabled`: given up, until a person enables it.
 */
export const HEALTH_STATES = ['closed', 'open', 'recovering', 'disabled'] as const;

export interface Health {
  readonly state: (typeof HEALTH_STATES)[number];
  /** Why it is not closed. */
  readonly reason?: string;
  /** When it first answered quickly, after it was new or slow: only then is it attempted inline by fan-out. */
  readonly provenAt?: Date;
  /** It took over two seconds: served by deliver alone until then, and until it has answered quickly once more. */
  readonly slowUntil?: Date;
  /** Failures in a row that speak of the endpoint, not of what it was sent. */
  readonly consecutiveFailures: number;
  readonly failingSince?: Date;
  readonly lastError?: string;
  /** While open: when the next probe may go. */
  readonly retryAt?: Date;
  readonly probeIntervalSeconds?: number;
  /** While recovering: how many deliveries sweep wakes in a minute. */
  readonly wakesPerMinute?: number;
}

/** What nothing is known of: closed, but not proven. */
export const UNKNOWN_HEALTH: Health = { state: 'closed', consecutiveFailures: 0 };

const SLOW_MS = 2_000;
const SLOW_FOR_MS = 5 * 60_000;
/** A moment that moves by less than this is not worth a write. */
const SLOW_WRITTEN_EVERY_MS = 60_000;
const FAILURES_TO_OPEN = 5;
const FIRST_PROBE_AFTER_SECONDS = 60;
const PROBE_AFTER_SECONDS_AT_MOST = 15 * 60;
const DISABLED_AFTER_DAYS = 5;
const DAY_MS = 24 * 60 * 60_000;
const FIRST_WAKES_PER_MINUTE = 10;
const MOST_WAKES_PER_MINUTE = 640;
const GONE = 410;

/** The health after one more attempt; the very same object when the attempt tells nothing new. */
export function healthAfter(health: Health, made: Attempt): Health {
  if (made.unsent) return health;
  const endedAt = after(made.at, made.durationMs);
  const timed = speedAfter(health, made, endedAt);
  // That it is slow is all that is known: it may have been about to answer.
  if (timed.state === 'disabled' || made.cutShort) return timed;
  if (made.status === GONE) return disabled(timed, 'it answered 410: gone for good');
  return blamesEndpoint(made) ? failed(timed, made, endedAt) : answered(timed);
}

/** True for a failure that speaks of the endpoint rather than of what it was sent: no answer, 429, 5xx. */
export function blamesEndpoint({ status, unsent }: Attempt): boolean {
  if (unsent) return false;
  return status === undefined || status === 429 || status >= 500;
}

/** True for one that has failed its way into this, or wants to be left alone for long: worth telling somebody. */
export function isDown({ state, consecutiveFailures, retryAt }: Health, now: Date): boolean {
  if (state !== 'open') return false;
  const isAwayForLong = retryAt !== undefined && retryAt > after(now, PROBE_AFTER_SECONDS_AT_MOST * 1000);
  return consecutiveFailures >= FAILURES_TO_OPEN || isAwayForLong;
}

/** True for one that has answered quickly since it was new or slow. */
export function isQuick({ provenAt, slowUntil }: Health): boolean {
  return provenAt !== undefined && slowUntil === undefined;
}

/** The health once the right to the next probe is taken; undefined when it is not yet time for one. */
export function takingProbe(health: Health, now: Date): Health | undefined {
  if (health.state !== 'open' || (health.retryAt !== undefined && health.retryAt > now)) return undefined;
  const intervalSeconds = health.probeIntervalSeconds ?? FIRST_PROBE_AFTER_SECONDS;
  return {
    ...health,
    retryAt: after(now, intervalSeconds * 1000),
    probeIntervalSeconds: Math.min(2 * intervalSeconds, PROBE_AFTER_SECONDS_AT_MOST),
  };
}

/** The beginning of a drain: of an outage, a pause, or whatever else has let work pile up. */
export function startingToRecover(health: Health, reason: string): Health {
  const { retryAt: _, probeIntervalSeconds: __, failingSince: ___, ...rest } = health;
  return {
    ...rest,
    state: 'recovering',
    reason,
    consecutiveFailures: 0,
    wakesPerMinute: FIRST_WAKES_PER_MINUTE,
  };
}

/** How much sweep may wake at a stroke of what is owed to an endpoint that is recovering, or is about to. */
export function wakesNow({ wakesPerMinute = FIRST_WAKES_PER_MINUTE }: Health): number {
  return wakesPerMinute;
}

/** The next minute of a drain: twice as much as in the last. */
export function recoveringOn(health: Health): Health {
  return { ...health, wakesPerMinute: Math.min(2 * wakesNow(health), MOST_WAKES_PER_MINUTE) };
}

/** Nothing is left over of an outage. */
export function closing(health: Health): Health {
  const { reason: _, wakesPerMinute: __, ...rest } = health;
  return { ...withoutTrouble(rest), state: 'closed' };
}

/** Slow at once, for a while; quick only by a quick answer after that. */
function speedAfter(health: Health, made: Attempt, endedAt: Date): Health {
  const { provenAt, slowUntil, ...rest } = health;
  if (made.durationMs > SLOW_MS) {
    const until = after(endedAt, SLOW_FOR_MS);
    const isKnown = slowUntil !== undefined && slowUntil > after(until, -SLOW_WRITTEN_EVERY_MS);
    return isKnown && provenAt === undefined ? health : { ...rest, slowUntil: until };
  }
  if (blamesEndpoint(made) || isQuick(health)) return health;
  return slowUntil !== undefined && slowUntil > endedAt ? health : { ...rest, provenAt: endedAt };
}

function failed(health: Health, made: Attempt, now: Date): Health {
  const counted: Health = {
    ...health,
    consecutiveFailures: health.consecutiveFailures + 1,
    failingSince: health.failingSince ?? now,
    lastError: made.status === undefined ? (made.error ?? 'no answer') : `status ${made.status}`,
  };
  if (counted.state === 'open' && hasFailedForDays(counted, now))
    return disabled(counted, `nothing but failures for ${DISABLED_AFTER_DAYS} days: ${counted.lastError}`);
  if (made.retryAfterSeconds !== undefined) return waiting(counted, made.retryAfterSeconds, now);
  if (counted.state === 'open' || counted.consecutiveFailures < FAILURES_TO_OPEN) return counted;
  return opened(
    counted,
    `${counted.consecutiveFailures} failures in a row: ${counted.lastError}`,
    after(now, FIRST_PROBE_AFTER_SECONDS * 1000),
  );
}

function hasFailedForDays({ failingSince }: Health, now: Date): boolean {
  return failingSince !== undefined && after(failingSince, DISABLED_AFTER_DAYS * DAY_MS) <= now;
}

/** It has said itself when it wants to hear of us again. */
function waiting(health: Health, seconds: number, now: Date): Health {
  return opened(health, `it asked for ${seconds} s without requests`, after(now, seconds * 1000));
}

function opened(health: Health, reason: string, retryAt: Date): Health {
  const { wakesPerMinute: _, ...rest } = health;
  return {
    ...rest,
    state: 'open',
    reason,
    retryAt: rest.retryAt !== undefined && rest.retryAt > retryAt ? rest.retryAt : retryAt,
    probeIntervalSeconds: rest.probeIntervalSeconds ?? FIRST_PROBE_AFTER_SECONDS,
  };
}

function disabled(health: Health, reason: string): Health {
  const { retryAt: _, probeIntervalSeconds: __, wakesPerMinute: ___, ...rest } = health;
  return { ...rest, state: 'disabled', reason };
}

function answered(health: Health): Health {
  if (health.state === 'open') {
    // What was only asked to wait has no outage behind it.
    const wasDown = health.consecutiveFailures >= FAILURES_TO_OPEN;
    return wasDown
      ? withoutTrouble(startingToRecover(health, 'it answers again'))
      : closing(startingToRecover(health, ''));
  }
  return health.consecutiveFailures === 0 ? health : withoutTrouble(health);
}

function withoutTrouble(health: Health): Health {
  const { failingSince: _, lastError: __, retryAt: ___, probeIntervalSeconds: ____, ...rest } = health;
  return { ...rest, consecutiveFailures: 0 };
}
