/** Attempts as an endpoint's health counts them, all of them near noon. */

import { sourceIdSchema } from '../../lib/relay/endpoint/source.ts';
import {
  type Health,
  healthAfter,
  type ObservedAttempt,
  UNKNOWN_HEALTH,
} from '../../lib/relay/health/health.ts';
import { after } from '../../lib/relay/model/clock.ts';
import { orderKeyOf } from '../../lib/relay/model/ids.ts';

export const ORDER = orderKeyOf(sourceIdSchema.parse('main'), '1');
export const NOON = new Date('2026-03-01T12:00:00.000Z');
export const seconds = (count: number) => after(NOON, count * 1_000);
export const MINUTE = 60;
export const DAY = 24 * 60 * MINUTE;

/** An answer after 100 ms, unless the test says otherwise. */
export const answer = (
  status: number,
  atSeconds = 0,
  parts: Partial<ObservedAttempt> = {},
): ObservedAttempt => ({
  orderKey: ORDER,
  at: seconds(atSeconds),
  durationMs: 100,
  status,
  answer: '',
  ...parts,
});

export const noAnswer = (atSeconds = 0, parts: Partial<ObservedAttempt> = {}): ObservedAttempt => ({
  orderKey: ORDER,
  at: seconds(atSeconds),
  durationMs: 100,
  error: 'connection refused',
  ...parts,
});

/** An answer after three seconds. */
export const slow = (atSeconds = 0, status = 200) => answer(status, atSeconds, { durationMs: 3_000 });

/** The health once all these attempts have been made. */
export const healthAfterAll = (health: Health, ...attempts: readonly ObservedAttempt[]): Health =>
  attempts.reduce(healthAfter, health);

export const times = (count: number, made: ObservedAttempt): ObservedAttempt[] =>
  Array.from({ length: count }, () => made);

/** The endpoint answers, and has answered quickly. */
export const PROVEN: Health = {
  ...UNKNOWN_HEALTH,
  provenAt: seconds(-DAY),
  ...{ lastSuccessAt: seconds(-1), lastAnswer: '200', lastAnswerAt: seconds(-1) },
};

/** The health without the last answer and the refusals, which other tests specify. */
export const withoutAnswers = ({
  lastSuccessAt: _,
  lastAnswer: __,
  lastAnswerAt: ___,
  refusedOrders: ____,
  refusedSince: _____,
  ...rest
}: Health): Health => rest;

/** The endpoint fails since noon; its first probe may go a minute later. */
export const FAILING: Health = healthAfterAll(PROVEN, ...times(5, answer(500)));
