import { describe, expect, it } from 'vitest';
import { after as later } from '../../lib/relay/clock.ts';
import {
  blamesEndpoint,
  closing,
  type Health,
  healthAfter,
  isQuick,
  recoveringOn,
  startingToRecover,
  takingProbe,
  UNKNOWN_HEALTH,
  wakesNow,
} from '../../lib/relay/health.ts';
import { answer, DAY, MINUTE, NOON, noAnswer, OPEN, QUICK, seconds, slow, times, told } from './attempts.ts';

/** The moment after an answer of 100 ms that was asked for at noon. */
const ANSWERED = later(NOON, 100);

describe('an attempt of which nothing was sent', () => {
  const unsent = { at: NOON, durationMs: 0, error: 'transform: it gives nothing', unsent: true };

  it.each([QUICK, UNKNOWN_HEALTH, OPEN, told(QUICK, ...times(4, answer(500)))])(
    'says nothing of the endpoint: %o',
    (health) => {
      expect(healthAfter(health, unsent)).toBe(health);
    },
  );

  it('is not blamed on the endpoint', () => {
    expect(blamesEndpoint(unsent)).toBe(false);
  });
});

describe('a closed circuit', () => {
  it('opens after five failures in a row, for a minute', () => {
    const four = told(QUICK, ...times(4, answer(500)));

    expect(four).toMatchObject({ state: 'closed', consecutiveFailures: 4, failingSince: ANSWERED });
    expect(healthAfter(four, answer(500))).toMatchObject({
      state: 'open',
      reason: '5 failures in a row: status 500',
      retryAt: later(ANSWERED, 60_000),
      lastError: 'status 500',
    });
  });

  it.each([
    ['no answer', noAnswer()],
    ['429', answer(429)],
    ['500', answer(500)],
    ['599', answer(599)],
  ])('counts %s as a failure of the endpoint', (_, made) => {
    expect(told(QUICK, ...times(5, made)).state).toBe('open');
  });

  it.each([200, 204, 301, 308, 400, 401, 404, 408, 413, 422, 425, 499])(
    'does not count %i, and begins to count anew after it',
    (status) => {
      const failing = told(QUICK, ...times(4, answer(500)), answer(status));

      expect(failing).toEqual(QUICK);
      expect(told(failing, ...times(4, answer(500))).state).toBe('closed');
    },
  );

  it('tells nothing new when all goes well: there is nothing to write', () => {
    expect(healthAfter(QUICK, answer(200))).toBe(QUICK);
    expect(healthAfter(QUICK, answer(400))).toBe(QUICK);
  });

  it('has no error to show once the endpoint answers again', () => {
    const failing = told(QUICK, noAnswer(), noAnswer());

    expect(failing).toMatchObject({ lastError: 'connection refused' });
    expect(healthAfter(failing, answer(200))).toEqual(QUICK);
  });
});

describe('an endpoint that asks to be left alone', () => {
  it.each([429, 503])('is, at the first %i that says for how long', (status) => {
    const health = healthAfter(QUICK, answer(status, 0, { retryAfterSeconds: 7 }));

    expect(health).toMatchObject({
      state: 'open',
      reason: 'it asked for 7 s without requests',
      retryAt: later(ANSWERED, 7_000),
    });
  });

  it('is left alone for the longest that it asked for, whichever attempt ended last', () => {
    const health = told(
      QUICK,
      answer(429, 0, { retryAfterSeconds: 3_600 }),
      answer(429, 1, { retryAfterSeconds: 5 }),
    );

    expect(health.retryAt).toEqual(later(ANSWERED, 3_600_000));
  });

  it('gets all that waited at once: there is no outage behind it', () => {
    const health = told(QUICK, answer(429, 0, { retryAfterSeconds: 7 }), answer(200, 8));

    expect(health).toEqual(QUICK);
  });

  it('recovers like any other when it had failed five times', () => {
    const down = told(OPEN, answer(503, MINUTE, { retryAfterSeconds: 600 }));

    expect(down.retryAt).toEqual(later(seconds(MINUTE), 600_100));
    expect(healthAfter(down, answer(200, 12 * MINUTE)).state).toBe('recovering');
  });
});

describe('an open circuit', () => {
  it('allows no probe before its time, and one then', () => {
    expect(takingProbe(OPEN, seconds(59))).toBeUndefined();
    expect(takingProbe(OPEN, seconds(61))).toMatchObject({ state: 'open', retryAt: seconds(61 + 60) });
  });

  it('waits twice as long after each probe, up to a quarter of an hour', () => {
    const waits: number[] = [];
    let now = seconds(61);
    let health = OPEN;
    for (let probes = 0; probes < 7; probes++) {
      health = takingProbe(health, now) ?? health;
      const retryAt = health.retryAt ?? now;
      waits.push((retryAt.getTime() - now.getTime()) / 60_000);
      now = retryAt;
    }

    expect(waits).toEqual([1, 2, 4, 8, 15, 15, 15]);
  });

  it('stays open while its probes fail', () => {
    const probed = takingProbe(OPEN, seconds(61));

    expect(probed && healthAfter(probed, noAnswer(61))).toMatchObject({
      state: 'open',
      consecutiveFailures: 6,
      lastError: 'connection refused',
      retryAt: probed?.retryAt,
      probeIntervalSeconds: 2 * MINUTE,
    });
  });

  it.each([200, 302, 400, 404])('turns into recovering when a probe is answered with %i', (status) => {
    const health = healthAfter(OPEN, answer(status, 61));

    expect(health).toEqual({
      state: 'recovering',
      reason: 'it answers again',
      provenAt: QUICK.provenAt,
      consecutiveFailures: 0,
      wakesPerMinute: 10,
    });
  });

  it('is the only one that is probed', () => {
    const recovering = startingToRecover(QUICK, 'it has a backlog');
    const disabled = healthAfter(QUICK, answer(410));

    for (const health of [QUICK, recovering, disabled])
      expect(takingProbe(health, seconds(DAY))).toBeUndefined();
  });
});

describe('a circuit that is recovering', () => {
  const recovering = healthAfter(OPEN, answer(200, 61));

  it('lets ten go in the first minute and twice as many in each that follows, up to 640', () => {
    const quotas: number[] = [];
    let health: Health = recovering;
    for (let minute = 0; minute < 9; minute++) {
      quotas.push(wakesNow(health));
      health = recoveringOn(health);
    }

    expect(quotas).toEqual([10, 20, 40, 80, 160, 320, 640, 640, 640]);
  });

  it('closes without a trace of the outage', () => {
    expect(closing(recovering)).toEqual(QUICK);
  });

  it('opens anew, for a minute at first, when the endpoint fails again', () => {
    const down = told(recovering, ...times(5, answer(502, 120)));

    expect(down).toMatchObject({ state: 'open', retryAt: later(seconds(120), 60_100) });
    expect(down).toMatchObject({ probeIntervalSeconds: MINUTE });
    expect(down).not.toHaveProperty('wakesPerMinute');
  });

  it('does not open for a few failures among answers', () => {
    const mixed = [...times(4, answer(502, 120)), answer(200, 121), ...times(4, answer(502, 122))];

    expect(told(recovering, ...mixed)).toMatchObject({ state: 'recovering', wakesPerMinute: 10 });
  });
});

describe('an endpoint that is given up', () => {
  it('is one that says itself, with a 410, that it is gone', () => {
    expect(healthAfter(QUICK, answer(410))).toMatchObject({
      state: 'disabled',
      reason: 'it answered 410: gone for good',
    });
    expect(healthAfter(OPEN, answer(410, 61))).toEqual({
      state: 'disabled',
      reason: 'it answered 410: gone for good',
      provenAt: QUICK.provenAt,
      consecutiveFailures: 5,
      failingSince: ANSWERED,
      lastError: 'status 500',
    });
  });

  it('is one that has done nothing but fail for five days', () => {
    expect(healthAfter(OPEN, noAnswer(5 * DAY - 1)).state).toBe('open');
    expect(healthAfter(OPEN, noAnswer(5 * DAY))).toMatchObject({
      state: 'disabled',
      reason: 'nothing but failures for 5 days: connection refused',
    });
  });

  it('is not one that has answered in between', () => {
    const answered = told(OPEN, answer(400, 4 * DAY), ...times(5, noAnswer(4 * DAY + 1)));

    expect(healthAfter(answered, noAnswer(6 * DAY)).state).toBe('open');
  });

  it('is also one that asks for a moment of peace again and again for five days', () => {
    const busy = (day: number) => answer(503, day * DAY, { retryAfterSeconds: 60 });

    expect(told(QUICK, busy(0), busy(1), busy(2), busy(3), busy(4)).state).toBe('open');
    expect(told(QUICK, busy(0), busy(1), busy(2), busy(3), busy(4), busy(5)).state).toBe('disabled');
  });

  it('stays so, whatever it answers later', () => {
    const disabled = healthAfter(QUICK, answer(410));

    expect(told(disabled, answer(200, 60), answer(500, 120), answer(503, 180))).toBe(disabled);
  });
});

describe('an endpoint’s speed', () => {
  it('is unknown until its first quick answer', () => {
    expect(isQuick(UNKNOWN_HEALTH)).toBe(false);
    expect(healthAfter(UNKNOWN_HEALTH, answer(200))).toEqual({ ...UNKNOWN_HEALTH, provenAt: ANSWERED });
    expect(isQuick(healthAfter(UNKNOWN_HEALTH, answer(200)))).toBe(true);
  });

  it('is proven by any answer that speaks, even one that refuses the payload', () => {
    expect(isQuick(healthAfter(UNKNOWN_HEALTH, answer(400)))).toBe(true);
  });

  it('is not proven by failing quickly', () => {
    expect(isQuick(healthAfter(UNKNOWN_HEALTH, answer(500)))).toBe(false);
    expect(isQuick(healthAfter(UNKNOWN_HEALTH, noAnswer()))).toBe(false);
  });

  it('is still quick at two seconds, and slow after that, for five minutes', () => {
    expect(healthAfter(QUICK, answer(200, 0, { durationMs: 2_000 }))).toBe(QUICK);
    expect(healthAfter(QUICK, answer(200, 0, { durationMs: 2_001 }))).toEqual({
      ...UNKNOWN_HEALTH,
      slowUntil: later(NOON, 2_001 + 300_000),
    });
  });

  it('is slow after a timeout, too', () => {
    const made = noAnswer(0, { durationMs: 10_000, error: 'timeout after 10 s' });

    expect(isQuick(healthAfter(QUICK, made))).toBe(false);
  });

  it('is not quick again before the five minutes are over, however quick its answers are', () => {
    const health = told(QUICK, slow(), answer(200, 4), answer(200, 290));

    expect(isQuick(health)).toBe(false);
    expect(health).toEqual(healthAfter(QUICK, slow()));
  });

  it('is quick again by a quick answer after that, and not by the mere passing of time', () => {
    const health = told(QUICK, slow());

    expect(isQuick(told(health, noAnswer(304)))).toBe(false);
    expect(isQuick(told(health, slow(304)))).toBe(false);
    expect(isQuick(told(health, answer(200, 304)))).toBe(true);
  });

  it('is not worth a write for each of many slow answers', () => {
    const health = healthAfter(QUICK, slow());

    expect(healthAfter(health, slow(30))).toBe(health);
    expect(healthAfter(health, slow(61))).toMatchObject({ slowUntil: seconds(61 + 3 + 300) });
  });
});
