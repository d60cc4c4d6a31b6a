/**
 * Decides how long a delivery waits when its endpoint asks for a wait, or the result of an attempt is not known. Such an
 * attempt does not count.
 */
import { after, LONGEST_WAIT_MS, sane } from '../model/clock.ts';
import { type Attempt, isTest, succeeded, type UnfinishedDelivery } from '../model/delivery.ts';

/** The endpoint may ask for waits for as long as the retry schedule takes. */
const DEFERRED_FOR_MS = LONGEST_WAIT_MS;
/** This bounds the requests to an endpoint that always asks for a second. Later attempts count. */
const DEFERRALS = 1_000;
/** The expressions of other endpoints may take as long again. */
const AFTER_CUT_SHORT_SECONDS = 10;

export interface Deferral {
  readonly deferralCount: number;
  readonly firstAttemptAt: Date;
  /** Undefined when three days are over. */
  readonly until: Date | undefined;
}

/**
 * The wait that the endpoint asked for, or a short one, but not past three days from the first attempt: the last attempt is
 * made then. Undefined when the attempt counts. It counts when it asks for nothing, when the delivery was deferred too
 * often, and when it is a test: a person wants to see its first answer.
 */
export function deferralOf(delivery: UnfinishedDelivery, made: Attempt, now: Date): Deferral | undefined {
  const { attempts, replayedAt = new Date(0), deferralCount = 0 } = delivery;
  const retryAfterSeconds = made.retryAfterSeconds ?? (made.cutShort ? AFTER_CUT_SHORT_SECONDS : undefined);
  if (retryAfterSeconds === undefined || succeeded(made) || isTest(delivery)) return undefined;
  const firstAttemptAt =
    sane(delivery.firstAttemptAt, now, 0) ??
    sane(attempts.find(({ at }) => at >= replayedAt)?.at, now, 0) ??
    made.at;
  const endsMs = after(firstAttemptAt, DEFERRED_FOR_MS).getTime();
  const deferral = { firstAttemptAt, deferralCount: deferralCount + 1 };
  if (endsMs <= now.getTime()) return { ...deferral, until: undefined };
  if (deferralCount >= DEFERRALS) return undefined;
  const askedForMs = now.getTime() + retryAfterSeconds * 1000;
  return { ...deferral, until: new Date(Math.min(askedForMs, endsMs)) };
}
