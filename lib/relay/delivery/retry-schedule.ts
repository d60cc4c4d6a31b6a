/** The retry schedule of Standard Webhooks, about three days in all. */
import { after, type Random } from '../model/clock.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** The delay after the first attempt, the second, and so on. */
const DELAYS_MS = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
] as const;

const LAST_DELAY_MS = 24 * HOUR;

/** The maximum jitter, as a fraction of the delay. It spreads deliveries that failed together. */
const JITTER = 0.1;

/**
 * The time of the next attempt.
 * @param attemptCount the number of attempts made, at least one
 */
export function nextAttemptAt(now: Date, attemptCount: number, random: Random): Date {
  const delayMs = DELAYS_MS[attemptCount - 1] ?? LAST_DELAY_MS;
  return after(now, delayMs * (1 + JITTER * random()));
}
