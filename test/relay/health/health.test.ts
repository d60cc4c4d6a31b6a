import { describe, expect, it } from 'vitest';
import {
  asksForShortWait,
  backlogDrained,
  cleared,
  healthAfter,
  isDown,
  isEndpointFailure,
  isProven,
  probeTaken,
  UNKNOWN_HEALTH,
} from '../../../lib/relay/health/health.ts';
import { after as later } from '../../../lib/relay/model/clock.ts';
import {
  answer,
  DAY,
  FAILING,
  healthAfterAll,
  MINUTE,
  NOON,
  noAnswer,
  ORDER,
  PROVEN,
  seconds,
  times,
  withoutAnswers,
} from '../attempts.ts';

/** When an attempt that starts at noon and takes 100 ms ends. */
const ENDED = later(NOON, 100);

describe('an attempt that sent no request', () => {
  const unsent = {
    orderKey: ORDER,
    at: NOON,
    durationMs: 0,
    error: 'transform: it gives nothing',
    unsent: true,
  };

  it.each([PROVEN, UNKNOWN_HEALTH, FAILING, healthAfterAll(PROVEN, ...times(4, answer(500)))])(
    'leaves the health as it is: %o',
    (health) => {
      expect(healthAfter(health, unsent)).toBe(health);
    },
  );

  it('does not blame the endpoint', () => {
    expect(isEndpointFailure(unsent)).toBe(false);
  });
});

describe('an endpoint that is ok', () => {
  it('is failing after five failures in a row, and may be probed after a minute', () => {
    const four = healthAfterAll(PROVEN, ...times(4, answer(500)));

    expect(four).toMatchObject({ state: 'ok', consecutiveFailures: 4, failingSince: ENDED });
    expect(healthAfter(four, answer(500))).toMatchObject({
      state: 'failing',
      reason: '5 failures in a row: status 500',
      retryAt: later(ENDED, 60_000),
      probeIntervalSeconds: MINUTE,
    });
  });

  it.each([
    ['no answer', noAnswer()],
    ['429', answer(429)],
    ['500', answer(500)],
    ['599', answer(599)],
  ])('counts %s as a failure of the endpoint', (_, made) => {
    expect(healthAfterAll(PROVEN, ...times(5, made)).state).toBe('failing');
  });

  it.each([200, 204, 301, 308, 400, 401, 404, 408, 413, 422, 425, 499])(
    'does not count %i as a failure, and starts to count from zero after it',
    (status) => {
      const answered = healthAfterAll(PROVEN, ...times(4, answer(500)), answer(status));

      expect(withoutAnswers(answered)).toEqual(withoutAnswers(PROVEN));
      expect(healthAfterAll(answered, ...times(4, answer(500))).state).toBe('ok');
    },
  );

  it('keeps the very same health object after a success, so nothing is written', () => {
    expect(healthAfter(PROVEN, answer(200))).toBe(PROVEN);
  });
});

describe('an endpoint that answers with Retry-After', () => {
  it.each([429, 503])('is failing at once after a %i, for the minute that it asks for', (status) => {
    const health = healthAfter(PROVEN, answer(status, 0, { retryAfterSeconds: 60 }));

    expect(health).toMatchObject({
      state: 'failing',
      reason: 'it asked for 60 s without requests',
      retryAt: later(ENDED, 60_000),
    });
  });

  it.each([429, 503])('is busy, and not failing, after a %i that asks for less than a minute', (status) => {
    const busy = answer(status, 0, { retryAfterSeconds: 59.9 });

    const health = healthAfterAll(PROVEN, busy, busy, busy, busy, busy, busy);

    const { state, provenAt, consecutiveFailures } = PROVEN;
    expect(health).toMatchObject({ state, provenAt, consecutiveFailures, busyUntil: later(ENDED, 59_900) });
    expect(isDown(health, ENDED)).toBe(false);
  });

  it('is busy until the latest time that it asked for', () => {
    const health = healthAfterAll(
      PROVEN,
      answer(429, 0, { retryAfterSeconds: 30 }),
      answer(429, 1, { retryAfterSeconds: 1 }),
    );

    expect(health.busyUntil).toEqual(later(ENDED, 30_000));
  });

  it('counts no failure for a short wait while it is failing, and is probed no sooner', () => {
    const busy = healthAfter(FAILING, answer(429, MINUTE, { retryAfterSeconds: 59 }));

    const { lastAnswer: _, lastAnswerAt: __, ...failing } = FAILING;
    expect(busy).toMatchObject({ ...failing, retryAt: later(seconds(MINUTE), 59_100) });
  });

  it('is not probed before the latest time that it asked for, whichever attempt ended last', () => {
    const health = healthAfterAll(
      PROVEN,
      answer(429, 0, { retryAfterSeconds: 3_600 }),
      answer(429, 1, { retryAfterSeconds: 5 }),
    );

    expect(health.retryAt).toEqual(later(ENDED, 3_600_000));
  });

  it('moves the next probe when it asks for a wait while it is failing', () => {
    const down = healthAfterAll(FAILING, answer(503, MINUTE, { retryAfterSeconds: 600 }));

    expect(down.retryAt).toEqual(later(seconds(MINUTE), 600_100));
  });

  it.each([
    [900, false],
    [901, true],
  ])(
    'is reported to people only when it asks for more than 15 minutes: %i s',
    (retryAfterSeconds, expected) => {
      const health = healthAfter(PROVEN, answer(429, 0, { retryAfterSeconds }));

      expect(isDown(health, ENDED)).toBe(expected);
    },
  );
});

describe('an endpoint that is failing', () => {
  it('allows no probe before retryAt, and one from then on', () => {
    expect(probeTaken(FAILING, seconds(59))).toBeUndefined();
    expect(probeTaken(FAILING, later(ENDED, 60_000))).toMatchObject({ state: 'failing' });
    expect(probeTaken(FAILING, seconds(61))).toMatchObject({ retryAt: seconds(61 + 60) });
  });

  it('doubles the wait after each probe, up to 15 minutes', () => {
    const waits: number[] = [];
    let now = seconds(61);
    let health = FAILING;
    for (let probes = 0; probes < 7; probes++) {
      health = probeTaken(health, now) ?? health;
      const retryAt = health.retryAt ?? now;
      waits.push((retryAt.getTime() - now.getTime()) / 60_000);
      now = retryAt;
    }

    expect(waits).toEqual([1, 2, 4, 8, 15, 15, 15]);
  });

  it('stays failing while its probes fail', () => {
    const probed = probeTaken(FAILING, seconds(61));

    expect(probed && healthAfter(probed, noAnswer(61))).toMatchObject({
      state: 'failing',
      consecutiveFailures: 6,
      retryAt: probed?.retryAt,
      probeIntervalSeconds: 2 * MINUTE,
    });
  });

  it.each([200, 302, 400, 404])('is ok but unproven when a probe is answered with %i', (status) => {
    const health = healthAfter(FAILING, answer(status, 61));

    expect(withoutAnswers(health)).toEqual({
      state: 'ok',
      consecutiveFailures: 0,
      recoveredAt: later(seconds(61), 100),
    });
    expect(isProven(health)).toBe(false);
  });

  it('is the only state that takes a probe', () => {
    const disabled = healthAfter(PROVEN, answer(410));

    for (const health of [PROVEN, UNKNOWN_HEALTH, disabled])
      expect(probeTaken(health, seconds(DAY))).toBeUndefined();
  });

  it('is reported to people once it failed five times', () => {
    expect(isDown(FAILING, NOON)).toBe(true);
    expect(isDown(PROVEN, NOON)).toBe(false);
  });
});

describe('an endpoint that has recovered', () => {
  const recovered = healthAfter(FAILING, answer(200, 61));

  it('is proven by its next quick answer, and still catches up', () => {
    const proven = healthAfter(recovered, answer(200, 62));

    expect(isProven(proven)).toBe(true);
    expect(proven.recoveredAt).toEqual(recovered.recoveredAt);
  });

  it('has no trace of the outage once it has caught up', () => {
    expect(withoutAnswers(backlogDrained(recovered))).toEqual(UNKNOWN_HEALTH);
  });

  it('is failing again after five failures, with a first probe after a minute', () => {
    const down = healthAfterAll(recovered, ...times(5, answer(502, 120)));

    expect(down).toMatchObject({
      state: 'failing',
      retryAt: later(seconds(120), 60_100),
      probeIntervalSeconds: MINUTE,
    });
  });

  it('stays ok while it answers between failures', () => {
    const mixed = [...times(4, answer(502, 120)), answer(200, 121), ...times(4, answer(502, 122))];

    expect(healthAfterAll(recovered, ...mixed)).toMatchObject({ state: 'ok', consecutiveFailures: 4 });
  });

  it('starts to catch up anew when it fails and recovers a second time', () => {
    const again = healthAfterAll(recovered, ...times(5, answer(502, 120)), answer(200, 300));

    expect(again.recoveredAt).toEqual(later(seconds(300), 100));
  });
});

describe('an endpoint that a person clears', () => {
  it('is ok, without a failure, and as fast as it was', () => {
    expect(withoutAnswers(cleared(FAILING))).toEqual(withoutAnswers(PROVEN));
    expect(withoutAnswers(cleared(healthAfter(PROVEN, answer(410))))).toEqual(withoutAnswers(PROVEN));
  });
});

describe('an endpoint that is disabled', () => {
  it('has answered 410', () => {
    expect(healthAfter(PROVEN, answer(410))).toMatchObject({
      state: 'disabled',
      reason: 'it answered 410: gone for good',
    });
    expect(withoutAnswers(healthAfter(FAILING, answer(410, 61)))).toEqual({
      state: 'disabled',
      reason: 'it answered 410: gone for good',
      provenAt: PROVEN.provenAt,
      consecutiveFailures: 5,
      failingSince: ENDED,
    });
  });

  it('or has only failed for five days', () => {
    expect(healthAfter(FAILING, noAnswer(5 * DAY - 1)).state).toBe('failing');
    expect(healthAfter(FAILING, noAnswer(5 * DAY))).toMatchObject({
      state: 'disabled',
      reason: 'nothing but failures for 5 days: connection refused',
    });
  });

  it('or has asked for a wait again and again for five days', () => {
    const busy = (day: number) => answer(503, day * DAY, { retryAfterSeconds: 60 });

    expect(healthAfterAll(PROVEN, busy(0), busy(1), busy(2), busy(3), busy(4)).state).toBe('failing');
    expect(healthAfterAll(PROVEN, busy(0), busy(1), busy(2), busy(3), busy(4), busy(5)).state).toBe(
      'disabled',
    );
  });

  it('has failed more often than now and then', () => {
    const rarely = healthAfterAll(PROVEN, noAnswer(0), noAnswer(2 * DAY), noAnswer(6 * DAY));

    expect(rarely).toMatchObject({ state: 'ok', consecutiveFailures: 3 });
  });

  it('has not answered anything else in between', () => {
    const answered = healthAfterAll(FAILING, answer(400, 4 * DAY), ...times(5, noAnswer(4 * DAY + 1)));

    expect(healthAfter(answered, noAnswer(6 * DAY)).state).toBe('failing');
  });

  it('stays disabled, whatever it answers later', () => {
    const disabled = healthAfter(PROVEN, answer(410));

    expect(healthAfterAll(disabled, answer(200, 60), answer(500, 120), answer(503, 180))).toBe(disabled);
  });
});

describe('an answer', () => {
  it('that the `success` expression accepts asks for no wait', () => {
    const busy = answer(429, 0, { retryAfterSeconds: 5 });

    expect(asksForShortWait(busy)).toBe(true);
    expect(asksForShortWait({ ...busy, accepted: true })).toBe(false);
  });

  it('to a probe counts as a failed probe only while the endpoint is failing', () => {
    expect(healthAfter(FAILING, answer(500, 60, { isProbe: true })).failedProbes).toBe(1);
    expect(healthAfter(PROVEN, answer(500, 60, { isProbe: true }))).not.toHaveProperty('failedProbes');
  });
});

describe('the health that a person may have edited', () => {
  it('is not down when the endpoint is disabled, however often it failed', () => {
    expect(isDown({ state: 'disabled', consecutiveFailures: 9 }, NOON)).toBe(false);
  });

  it('is not proven while the endpoint is slow', () => {
    expect(isProven({ ...PROVEN, slowUntil: seconds(60) })).toBe(false);
  });
});
