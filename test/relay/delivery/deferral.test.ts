import { describe, expect, it } from 'vitest';
import { attempted, replayed } from '../../../lib/relay/delivery/state-machine.ts';
import { isUnfinished, type UnfinishedDelivery } from '../../../lib/relay/model/delivery.ts';
import { anEndpointId, aPendingDelivery } from '../../ports/builders.ts';
import { answer, noAnswer, seconds } from '../attempts.ts';

const ENDPOINT = { maxAttempts: 2, ordering: 'latest' } as const;
const DELIVERY = aPendingDelivery({ endpointId: anEndpointId('erp') });
const DAY = 86_400;

/** Attempted so many times, each as soon as the endpoint allows it. */
function attemptedTimes(count: number, retryAfterSeconds: number): UnfinishedDelivery {
  let delivery: UnfinishedDelivery = DELIVERY;
  for (let n = 0; n < count; n++) {
    const at = n * retryAfterSeconds;
    const next = attempted(delivery, ENDPOINT, answer(429, at, { retryAfterSeconds }), seconds(at), () => 0);
    if (!isUnfinished(next)) throw new Error(`dead after ${n + 1} attempts`);
    delivery = next;
  }
  return delivery;
}

describe('a delivery that its endpoint asks to wait', () => {
  it('uses no attempt, however often, and shows how often it was', () => {
    expect(attemptedTimes(500, 1)).toMatchObject({
      state: 'pending',
      attemptCount: 0,
      deferralCount: 500,
      firstAttemptAt: seconds(0),
      nextAttemptAt: seconds(500),
      reason: 'endpoint-busy',
    });
  });

  it('counts its attempts again after a thousand times', () => {
    expect(attemptedTimes(1_001, 1)).toMatchObject({ attemptCount: 1, deferralCount: 1_000 });
    expect(() => attemptedTimes(1_002, 1)).toThrow('dead after 1002 attempts');
  });

  it('is attempted for the last time three days after the first attempt', () => {
    expect(attemptedTimes(3, DAY)).toMatchObject({ attemptCount: 0, nextAttemptAt: seconds(3 * DAY) });
    expect(() => attemptedTimes(4, DAY)).toThrow('dead after 4 attempts');
  });

  it('counts the three days from its first attempt, also from one that failed otherwise', () => {
    const failed = attempted(DELIVERY, ENDPOINT, noAnswer(0), seconds(0), () => 0) as UnfinishedDelivery;

    const asked = answer(429, 2 * DAY, { retryAfterSeconds: 2 * DAY });
    const next = attempted(failed, ENDPOINT, asked, seconds(2 * DAY), () => 0);

    expect(next).toMatchObject({ attemptCount: 1, nextAttemptAt: seconds(3 * DAY) });
  });

  it.each([
    ['the first attempt', { firstAttemptAt: seconds(365 * DAY) }],
    ['an attempt', { attempts: [noAnswer(365 * DAY)] }],
  ])('has three days from now when %s was made by a clock that was a year ahead', (_, parts) => {
    const asked = answer(429, 0, { retryAfterSeconds: 60 });

    const next = attempted({ ...DELIVERY, ...parts }, ENDPOINT, asked, seconds(0), () => 0);

    expect(next).toMatchObject({ firstAttemptAt: seconds(0), nextAttemptAt: seconds(60) });
  });

  it('starts anew when it is replayed', () => {
    const anew = replayed(attemptedTimes(3, DAY), seconds(3 * DAY), false);

    expect(anew).not.toHaveProperty('deferralCount');
    expect(anew).not.toHaveProperty('firstAttemptAt');
    const asked = answer(429, 3 * DAY + 1, { retryAfterSeconds: DAY });
    const next = attempted(anew, ENDPOINT, asked, seconds(3 * DAY + 1), () => 0);
    expect(next).toMatchObject({ state: 'pending', attemptCount: 0, deferralCount: 1 });
  });
});
