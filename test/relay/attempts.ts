/** Attempts as an endpoint's health hears of them. */
import { after } from '../../lib/relay/clock.ts';
import type { Attempt } from '../../lib/relay/delivery.ts';
import { type Health, healthAfter, UNKNOWN_HEALTH } from '../../lib/relay/health.ts';

export const NOON = new Date('2026-03-01T12:00:00.000Z');
export const seconds = (count: number) => after(NOON, count * 1_000);
export const MINUTE = 60;
export const DAY = 24 * 60 * MINUTE;

/** An answer that came after 100 ms, unless it says otherwise. */
export const answer = (status: number, atSeconds = 0, parts: Partial<Attempt> = {}): Attempt => ({
  at: seconds(atSeconds),
  durationMs: 100,
  status,
  answer: '',
  ...parts,
});

export const noAnswer = (atSeconds = 0, parts: Partial<Attempt> = {}): Attempt => ({
  at: seconds(atSeconds),
  durationMs: 100,
  error: 'connection refused',
  ...parts,
});

/** One that took three seconds. */
export const slow = (atSeconds = 0, status = 200) => answer(status, atSeconds, { durationMs: 3_000 });

export const told = (health: Health, ...attempts: readonly Attempt[]): Health =>
  attempts.reduce(healthAfter, health);

export const times = (count: number, made: Attempt): Attempt[] => Array.from({ length: count }, () => made);

/** Closed and quick. */
export const QUICK: Health = { ...UNKNOWN_HEALTH, provenAt: seconds(-DAY) };

/** Open since noon, its first probe due a minute later. */
export const OPEN: Health = told(QUICK, ...times(5, answer(500)));
