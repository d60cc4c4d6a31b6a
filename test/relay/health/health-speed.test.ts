import { describe, expect, it } from 'vitest';
import { healthAfter, isProven, UNKNOWN_HEALTH } from '../../../lib/relay/health/health.ts';
import { after as later } from '../../../lib/relay/model/clock.ts';
import {
  answer,
  healthAfterAll,
  NOON,
  noAnswer,
  PROVEN,
  seconds,
  slow,
  withoutAnswers,
} from '../attempts.ts';

describe('whether an endpoint is proven', () => {
  it('is decided by its first quick answer', () => {
    expect(isProven(UNKNOWN_HEALTH)).toBe(false);
    expect(withoutAnswers(healthAfter(UNKNOWN_HEALTH, answer(200)))).toEqual({
      ...UNKNOWN_HEALTH,
      provenAt: later(NOON, 100),
    });
    expect(isProven(healthAfter(UNKNOWN_HEALTH, answer(200)))).toBe(true);
  });

  it('may be decided by an answer that refuses the payload', () => {
    expect(isProven(healthAfter(UNKNOWN_HEALTH, answer(400)))).toBe(true);
  });

  it('is not decided by a quick failure', () => {
    expect(isProven(healthAfter(UNKNOWN_HEALTH, answer(500)))).toBe(false);
    expect(isProven(healthAfter(UNKNOWN_HEALTH, noAnswer()))).toBe(false);
  });

  it('changes when an answer takes more than two seconds, for five minutes', () => {
    expect(healthAfter(PROVEN, answer(200, 0, { durationMs: 2_000 }))).toBe(PROVEN);
    expect(withoutAnswers(healthAfter(PROVEN, answer(200, 0, { durationMs: 2_001 })))).toEqual({
      ...UNKNOWN_HEALTH,
      slowUntil: later(NOON, 2_001 + 300_000),
    });
  });

  it('does not change when this process stood still meanwhile', () => {
    const made = answer(200, 0, { durationMs: 5_000, ownDelayMs: 3_000 });

    expect(isProven(healthAfter(PROVEN, made))).toBe(true);
    expect(isProven(healthAfter(PROVEN, { ...made, ownDelayMs: 2_999 }))).toBe(false);
  });

  it('changes after a timeout, too', () => {
    const made = noAnswer(0, { durationMs: 10_000, error: 'timeout after 10 s' });

    expect(isProven(healthAfter(PROVEN, made))).toBe(false);
  });

  it('changes after an inline attempt that fan-out cut short, which counts no failure', () => {
    const health = healthAfter(PROVEN, noAnswer(0, { durationMs: 5_000, cutShort: true }));

    expect(withoutAnswers(health)).toEqual({
      ...UNKNOWN_HEALTH,
      slowUntil: later(NOON, 5_000 + 300_000),
    });
  });

  it('does not change back before the five minutes are over, however quick the answers are', () => {
    const health = healthAfterAll(PROVEN, slow(), answer(200, 4), answer(200, 290));

    expect(isProven(health)).toBe(false);
    expect(health).toEqual(healthAfter(PROVEN, slow()));
  });

  it('changes back by a quick answer after that, and not by the mere passing of time', () => {
    const health = healthAfter(PROVEN, slow());

    expect(isProven(healthAfter(health, noAnswer(304)))).toBe(false);
    expect(isProven(healthAfter(health, slow(304)))).toBe(false);
    expect(isProven(healthAfter(health, answer(200, 302.8)))).toBe(false);
    expect(isProven(healthAfter(health, answer(200, 302.9)))).toBe(true);
  });

  it('is written at most once a minute while every answer is slow', () => {
    const health = healthAfter(PROVEN, slow());

    expect(healthAfter(health, slow(59))).toBe(health);
    expect(healthAfter(health, slow(60))).toMatchObject({ slowUntil: seconds(60 + 3 + 300) });
  });
});
