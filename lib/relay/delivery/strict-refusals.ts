/** Decides when a `strict` endpoint has refused an event so often that its order continues without it. */
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { LastAnswer } from '../health/last-answer.ts';
import { after, MAX_CLOCK_SKEW_MS } from '../model/clock.ts';
import { type Attempt, isRefusal, type UnfinishedDelivery } from '../model/delivery.ts';

/** A `strict` endpoint may refuse an event this often. */
const MOST_REFUSALS = 3;

/**
 * True when the error repeats while the rest of the order waits.
 *
 * @param delivery with the attempt `made`
 */
export function blocksItsOrder(
  { ordering }: Pick<Endpoint, 'ordering'>,
  delivery: UnfinishedDelivery,
  made: Attempt,
  { lastSuccessAt }: LastAnswer,
): boolean {
  if (ordering !== 'strict' || delivery.attemptCount < MOST_REFUSALS) return false;
  // Wrong credentials refuse every event. While the endpoint accepts none, the event is not the reason.
  const hasAccepted = hasAcceptedSinceDenial(delivery, lastSuccessAt);
  const isOfEvent = (one: Attempt): boolean =>
    one.internalError === true || (isRefusal(one) && (!isDenial(one) || hasAccepted));
  // An attempt that failed for another reason, such as a 503, does not count.
  const { attempts, replayedAt = new Date(0) } = delivery;
  const ofEvent = attempts.filter((one) => one.at >= replayedAt && isOfEvent(one));
  return isOfEvent(made) && ofEvent.length >= MOST_REFUSALS;
}

/** The endpoint does not accept the credentials, or does not allow them this request. */
function isDenial({ status }: Attempt): boolean {
  return status === 401 || status === 403;
}

/** True when the endpoint accepted another request after it first denied this one. Two clocks recorded the times. */
function hasAcceptedSinceDenial(
  { attempts, replayedAt = new Date(0) }: UnfinishedDelivery,
  lastSuccessAt = new Date(0),
): boolean {
  const first = attempts.find((made) => isDenial(made) && made.at >= replayedAt);
  return first !== undefined && lastSuccessAt > after(first.at, MAX_CLOCK_SKEW_MS);
}
