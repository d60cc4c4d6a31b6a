import { describe, expect, it } from 'vitest';
import {
  attentionOf,
  type DeliveryAttributes,
  isLeased,
  isRefusal,
  isSameDelivery,
  isSettled,
  isTest,
  isUnfinished,
  outcomeOf,
  succeeded,
  toDelivery,
} from '../../../lib/relay/model/delivery.ts';
import { eventTime, orderKeyOf, TESTS } from '../../../lib/relay/model/ids.ts';
import { aDelivery, anEndpointId, anEventId, anOrderKey } from '../../ports/builders.ts';
import { answer, NOON, noAnswer, seconds } from '../attempts.ts';

const ERP = anEndpointId('erp');
const KEY = { orderKey: anOrderKey(), eventId: anEventId(), endpointId: ERP };
const CREATED = eventTime(KEY.eventId);

describe('an attempt', () => {
  it.each([
    [199, false],
    [200, true],
    [204, true],
    [299, true],
    [300, false],
    [503, false],
  ])('with the status %i succeeded: %s', (status, expected) => {
    expect(succeeded(answer(status))).toBe(expected);
  });

  it('with a 2xx and an error has not succeeded: its `success` expression failed', () => {
    expect(succeeded({ ...answer(200), error: 'success: no boolean' })).toBe(false);
  });

  it('without an answer has not succeeded', () => {
    expect(succeeded(noAnswer())).toBe(false);
  });

  it.each([
    [200, undefined, false],
    [200, false, true],
    [301, undefined, false],
    [399, undefined, false],
    [400, undefined, true],
    [404, undefined, true],
    [408, undefined, false],
    [425, undefined, false],
    [429, undefined, false],
    [499, undefined, true],
    [500, undefined, false],
    [503, undefined, false],
  ])('with the status %i and the verdict %s is a refusal: %s', (status, accepted, expected) => {
    expect(isRefusal(answer(status, 0, { ...(accepted !== undefined && { accepted }) }))).toBe(expected);
  });

  it('without an answer is no refusal', () => {
    expect(isRefusal(noAnswer())).toBe(false);
  });
});

describe('the delivery of a row that has only its key and its state', () => {
  const base = { ...KEY, attempts: [], attemptCount: 0, owedSince: CREATED };

  it.each<[string, DeliveryAttributes['state'], object]>([
    ['a pending one is due since its event', 'pending', { owedTo: 'erp', dueAt: CREATED }],
    [
      'a leased one has a lease that has expired',
      'leased',
      { owedTo: 'erp', dueAt: CREATED, leaseId: '', leaseUntil: CREATED },
    ],
    ['a settled one is settled since its event', 'dead', { settledAt: CREATED }],
  ])('%s', (_, state, expected) => {
    expect(toDelivery({ ...KEY, state })).toEqual({ ...base, state, ...expected });
  });

  it('has as many attempts as it lists, unless it counts more', () => {
    const attempts = [answer(503), answer(503)];

    expect(toDelivery({ ...KEY, state: 'pending', attempts }).attemptCount).toBe(2);
    expect(toDelivery({ ...KEY, state: 'pending', attempts, attemptCount: 12 }).attemptCount).toBe(12);
  });
});

describe('the delivery of a whole row', () => {
  const all = {
    ...KEY,
    attempts: [answer(503)],
    attemptCount: 3,
    owedSince: seconds(-60),
    reason: 'retry',
    late: true,
    owedTo: 'a list',
    dueAt: seconds(1),
    nextAttemptAt: seconds(2),
    leaseId: 'a lease',
    leaseUntil: seconds(3),
    settledAt: seconds(4),
  } as const;
  const { nextAttemptAt, leaseId, leaseUntil, settledAt, ...common } = all;

  it.each<[DeliveryAttributes['state'], object]>([
    ['pending', { nextAttemptAt }],
    ['leased', { nextAttemptAt, leaseId, leaseUntil }],
    ['delivered', { settledAt }],
  ])('has the attributes of its state `%s` and no others', (state, own) => {
    expect(toDelivery({ ...all, state })).toEqual({ ...common, state, ...own });
  });

  it('is in no list when it is settled and its outcome is written', () => {
    const { owedTo: _, dueAt: __, ...row } = all;

    const delivery = toDelivery({ ...row, state: 'delivered' });

    expect(delivery).not.toHaveProperty('owedTo');
    expect(delivery).not.toHaveProperty('dueAt');
  });

  it('has no time of an attempt when it is parked', () => {
    const { nextAttemptAt: _, ...row } = all;

    expect(toDelivery({ ...row, state: 'pending' })).not.toHaveProperty('nextAttemptAt');
  });
});

describe('a lease', () => {
  it.each([
    ['leased', 1, true],
    ['leased', 0, false],
    ['pending', 1, false],
    // A minute is the longest lease; a clock may be five minutes ahead.
    ['leased', 6 * 60, true],
    ['leased', 6 * 60 + 1, false],
  ] as const)('of a %s delivery that ends in %i s holds: %s', (state, ends, expected) => {
    expect(isLeased(aDelivery({ state, leaseId: 'a', leaseUntil: seconds(ends) }), NOON)).toBe(expected);
  });
});

describe('the state of a delivery', () => {
  it.each([
    ['pending', false],
    ['leased', false],
    ['delivered', true],
    ['superseded', true],
    ['skipped', true],
    ['dead', true],
    ['cancelled', true],
  ] as const)('`%s` is settled: %s', (state, expected) => {
    const delivery = aDelivery({ state });

    expect(isSettled(delivery)).toBe(expected);
    expect(isUnfinished(delivery)).toBe(!expected);
  });
});

describe('a delivery', () => {
  it('is the same as one of the same event to the same endpoint', () => {
    const other = { ...KEY, eventId: anEventId() };

    expect(isSameDelivery(KEY, { ...KEY })).toBe(true);
    expect(isSameDelivery(KEY, { ...KEY, endpointId: anEndpointId('shop') })).toBe(false);
    expect(isSameDelivery(KEY, other)).toBe(false);
  });

  it('is a test when its order belongs to the source of tests', () => {
    expect(isTest({ orderKey: orderKeyOf(TESTS, '1') })).toBe(true);
    expect(isTest(KEY)).toBe(false);
  });

  it('needs attention in a list of its endpoint', () => {
    expect(attentionOf(ERP)).toBe('attention#erp');
  });
});

describe('the outcome of a delivery', () => {
  it.each<[string, Partial<DeliveryAttributes>, object]>([
    ['without an attempt', {}, { state: 'pending' }],
    ['that is leased', { state: 'leased' }, { state: 'pending' }],
    ['with an answer', { attempts: [answer(503)] }, { state: 'pending', status: 503, durationMs: 100 }],
    ['without an answer', { attempts: [noAnswer()] }, { state: 'pending', error: 'connection refused' }],
    [
      'without an answer and its cause',
      { attempts: [{ at: NOON, durationMs: 1 }] },
      { state: 'pending', error: 'failed' },
    ],
    [
      'with an answer that was refused',
      { attempts: [answer(200, 0, { error: 'no success' })] },
      { state: 'pending', status: 200, durationMs: 100, error: 'no success' },
    ],
    [
      'with several attempts',
      { attempts: [answer(503), answer(500)], attemptCount: 12 },
      { state: 'pending', status: 500, durationMs: 100, attempt: 12 },
    ],
    [
      'with a reason, whatever it answered',
      { state: 'cancelled', reason: 'endpoint-disabled', attempts: [answer(503)] },
      { state: 'cancelled', reason: 'endpoint-disabled' },
    ],
    ['that is late', { late: true }, { state: 'pending', late: true }],
    ['that was replayed', { replayedAt: NOON }, { state: 'pending', replayed: true }],
  ])('%s', (_, parts, expected) => {
    expect(outcomeOf(aDelivery(parts))).toStrictEqual(expected);
  });
});
