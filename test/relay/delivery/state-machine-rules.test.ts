import { describe, expect, it } from 'vitest';
import {
  answersErased,
  attempted,
  cutShort,
  debounced,
  ended,
  endedWithoutRow,
  expressionPostponed,
  leased,
  leftToDeliver,
  messageFor,
  newDelivery,
  outcomeRecorded,
  parked,
  probeFailed,
  replayed,
  retried,
} from '../../../lib/relay/delivery/state-machine.ts';
import { after } from '../../../lib/relay/model/clock.ts';
import { attentionOf, type Delivery, type UnfinishedDelivery } from '../../../lib/relay/model/delivery.ts';
import { anEndpointId, aPendingDelivery, aSettledDelivery } from '../../ports/builders.ts';
import { answer, MINUTE, NOON, noAnswer, seconds } from '../attempts.ts';

const NO_JITTER = () => 0;
const ERP = anEndpointId('erp');
const PENDING = aPendingDelivery({ endpointId: ERP, nextAttemptAt: NOON, dueAt: NOON });
const LEASED = leased(PENDING, 'a-lease', seconds(20), NOON);
const LONGEST_DELAY_MS = 15 * MINUTE * 1_000;
const atMs = (ms: number) => after(NOON, ms);

/** A delivery with this many attempts. */
type Made = Parameters<typeof attempted>[2];

const attemptedTimes = (attemptCount: number): UnfinishedDelivery => ({ ...LEASED, attemptCount });

describe('a delivery to a `strict` endpoint', () => {
  const afterTwo = (before: Made, made: Made) =>
    attempted(
      { ...attemptedTimes(2), attempts: [before, before] },
      { maxAttempts: 10, ordering: 'strict' },
      made,
      NOON,
      NO_JITTER,
    ).state;
  const afterThird = (made: Made) => afterTwo(made, made);

  it.each([400, 404])('is retried after a %i that follows failures or wrong credentials', (status) => {
    expect(afterTwo(answer(503), answer(status))).toBe('pending');
    expect(afterTwo(noAnswer(), answer(status))).toBe('pending');
    expect(afterTwo(answer(401), answer(status))).toBe('pending');
  });

  it.each([400, 404, 499])('is dead after the third answer %i', (status) => {
    expect(afterThird(answer(status))).toBe('dead');
  });

  it.each([301, 399, 408, 425, 429, 500, 503])('is retried after the third answer %i', (status) => {
    expect(afterThird(answer(status))).toBe('pending');
  });

  it('is retried after the third attempt without an answer', () => {
    expect(afterThird(noAnswer())).toBe('pending');
  });

  it('is dead after the relay failed on it three times, because its order waits', () => {
    expect(afterThird(noAnswer(0, { internalError: true }))).toBe('dead');
  });
});

describe('a delivery on which the relay itself fails', () => {
  const afterAttempt = (number: number, internalError: boolean) =>
    attempted(
      attemptedTimes(number - 1),
      { maxAttempts: 100, ordering: 'latest' },
      noAnswer(0, { internalError }),
      NOON,
      NO_JITTER,
    ).state;

  it('is dead after ten attempts, however many the endpoint allows', () => {
    expect(afterAttempt(9, true)).toBe('pending');
    expect(afterAttempt(10, true)).toBe('dead');
  });

  it('differs from one on which the endpoint fails', () => {
    expect(afterAttempt(10, false)).toBe('pending');
    expect(afterAttempt(99, false)).toBe('pending');
    expect(afterAttempt(100, false)).toBe('dead');
  });
});

describe('the message for a delivery', () => {
  it.each([
    ['at once', -60_000, 0],
    ['at once', 0, 0],
    ['in whole seconds, rounded up', 1_001, 2],
    ['with the longest delay of SQS', LONGEST_DELAY_MS, 900],
  ])('is sent %s', (_, ms, delaySeconds) => {
    expect(messageFor({ ...PENDING, nextAttemptAt: atMs(ms) }, NOON)).toMatchObject([{ delaySeconds }]);
  });

  it.each<[string, Delivery]>([
    ['is due after the longest delay', { ...PENDING, nextAttemptAt: atMs(LONGEST_DELAY_MS + 1) }],
    ['is parked', parked(PENDING, 'endpoint-paused')],
    ['is settled', aSettledDelivery('dead', { endpointId: ERP })],
  ])('is not sent when the delivery %s', (_, delivery) => {
    expect(messageFor(delivery, NOON)).toEqual([]);
  });

  it.each([
    ['a minute after the attempt, when a message was sent', LONGEST_DELAY_MS, LONGEST_DELAY_MS + 60_000],
    ['at the time of the attempt, when none was sent', LONGEST_DELAY_MS + 1, LONGEST_DELAY_MS + 1],
  ])('is missed %s', (_, ms, dueMs) => {
    expect(debounced(PENDING, atMs(ms), NOON).dueAt).toEqual(atMs(dueMs));
  });
});

describe('a replay', () => {
  const waiting = { ...PENDING, attemptCount: 4, nextAttemptAt: seconds(MINUTE) };
  const again = (row: Delivery) => replayed(row, NOON, false);

  it('of a pending delivery starts a new count of attempts at once', () => {
    const row = again(waiting);

    expect(row).toMatchObject({ reason: 'replay', attemptCount: 0, replayedAt: NOON, dueAt: NOON });
    expect(row).not.toHaveProperty('nextAttemptAt');
  });

  it('of a pending delivery whose filter was never evaluated is not recorded: it is still the first time', () => {
    expect(again({ ...waiting, filterPending: true })).not.toHaveProperty('replayedAt');
  });

  it('of a delivery that was replayed before records the newer time', () => {
    const before = { replayedAt: seconds(-MINUTE) };

    expect(again({ ...waiting, ...before, filterPending: true })).toHaveProperty('replayedAt', NOON);
    expect(again({ ...waiting, ...before })).toHaveProperty('replayedAt', NOON);
  });

  it('of a settled delivery starts it anew', () => {
    const row = again(aSettledDelivery('dead', { ...PENDING, attemptCount: 10, settledAt: seconds(-1) }));

    expect(row).toMatchObject({
      state: 'pending',
      reason: 'replay',
      attemptCount: 0,
      replayedAt: NOON,
      owedSince: NOON,
      owedTo: ERP,
      dueAt: NOON,
    });
    expect(row).not.toHaveProperty('settledAt');
    expect(row).not.toHaveProperty('filterPending');
  });

  it('of a settled delivery asks for the filter when the endpoint has one', () => {
    expect(replayed(aSettledDelivery('dead', PENDING), NOON, true)).toHaveProperty('filterPending', true);
  });
});

describe('erasing the answers of a delivery', () => {
  const attempts = [answer(500, 0, { answer: 'Jane Doe' }), noAnswer(5)];
  const { answer: _, ...withoutAnswer } = attempts[0] ?? answer(500);

  it('removes the answers and leaves the rest of the attempts', () => {
    expect(answersErased({ ...PENDING, attempts }).attempts).toEqual([withoutAnswer, attempts[1]]);
  });

  it.each<[string, Delivery]>([
    ['a pending delivery', PENDING],
    ['a settled delivery whose outcome is not written yet', aSettledDelivery('dead', PENDING)],
  ])('leaves %s in its list, and its text unchanged', (__, delivery) => {
    expect(answersErased({ ...delivery, attempts })).toEqual({
      ...delivery,
      attempts: [withoutAnswer, attempts[1]],
    });
  });

  it('removes a dead delivery from those that need attention: nobody can send it again', () => {
    const dead = { ...aSettledDelivery('dead', PENDING), attempts, owedTo: attentionOf(ERP), dueAt: NOON };

    const row = answersErased(dead);

    expect(row).toMatchObject({ state: 'dead', attempts: [withoutAnswer, attempts[1]] });
    expect(row).not.toHaveProperty('owedTo');
    expect(row).not.toHaveProperty('dueAt');
  });
});

describe('the reason of a delivery', () => {
  it.each<[string, Delivery, string | undefined]>([
    ['cut short', cutShort(PENDING, noAnswer(), NOON), 'slow-answer'],
    ['without a verdict', cutShort(PENDING, answer(200), NOON), 'expressions-busy'],
    ['postponed', expressionPostponed(PENDING, NOON), 'expressions-busy'],
    ['debounced', debounced(PENDING, NOON, NOON), 'debounce'],
    ['parked', parked(PENDING, 'endpoint-paused'), 'endpoint-paused'],
    ['attempted by a failed probe', probeFailed(LEASED, answer(503), NOON), 'endpoint-failing'],
    ['retried by hand', retried(PENDING, NOON, 'retry'), 'retry'],
    ['ended', ended(PENDING, 'superseded', 'newer-event', NOON), 'newer-event'],
    ['ended without a row', endedWithoutRow(PENDING, 'skipped', 'unchanged', NOON), 'unchanged'],
    ['delivered', delivered(), undefined],
    ['left to deliver', leftToDeliver(newDelivery(PENDING, ERP, NOON), NOON), undefined],
  ])('says why it was %s', (_, row, reason) => {
    expect(row.reason).toBe(reason);
  });

  function delivered(): Delivery {
    const waiting: UnfinishedDelivery = { ...LEASED, reason: 'retry' };
    return attempted(waiting, { maxAttempts: 10, ordering: 'latest' }, answer(200), NOON, NO_JITTER);
  }
});

describe('a settled delivery whose outcome is written', () => {
  it.each<['dead' | 'cancelled' | 'delivered' | 'skipped' | 'superseded', boolean]>([
    ['dead', true],
    ['cancelled', true],
    ['delivered', false],
    ['skipped', false],
    ['superseded', false],
  ])('and is %s needs attention: %s', (state, needsAttention) => {
    const row = outcomeRecorded(aSettledDelivery(state, PENDING), seconds(5));

    expect(row.owedTo).toBe(needsAttention ? 'attention#erp' : undefined);
    expect(row.dueAt).toEqual(needsAttention ? seconds(5) : undefined);
  });
});
