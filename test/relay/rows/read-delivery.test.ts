import { describe, expect, it } from 'vitest';
import type { DeliveryAttributes } from '../../../lib/relay/model/delivery.ts';
import { UnreadableRowError } from '../../../lib/relay/ports/event-log.ts';
import { toAttributes } from '../../../lib/relay/rows/attributes.ts';
import { readDelivery } from '../../../lib/relay/rows/delivery-attributes.ts';
import { aDelivery } from '../../ports/builders.ts';
import { seconds } from '../attempts.ts';

const { orderKey, eventId, endpointId } = aDelivery();
const key = { orderKey, eventId, endpointId };
const attempt = {
  at: seconds(1),
  durationMs: 143,
  status: 503,
  error: 'not yet',
  answer: 'busy',
  accepted: false,
  cutShort: true,
  unsent: true,
  internalError: true,
  retryAfterSeconds: 30,
  headers: { server: 'nginx' },
};

/** A leased delivery with every attribute. */
const full: DeliveryAttributes = {
  ...key,
  state: 'leased',
  reason: 'endpoint-paused',
  attempts: [attempt],
  attemptCount: 3,
  deferralCount: 2,
  firstAttemptAt: seconds(1),
  nextAttemptAt: seconds(2),
  leaseId: 'a-lease',
  leaseUntil: seconds(3),
  owedSince: seconds(4),
  late: true,
  filterPending: true,
  replayedAt: seconds(5),
  possiblyDeliveredAt: seconds(6),
  owedTo: 'a list',
  dueAt: seconds(7),
};
const row = toAttributes(full);

const readWith = (attributes: object) => readDelivery(key, { ...row, ...attributes });

describe('the row of a delivery', () => {
  it('gives back every attribute', () => {
    expect(readDelivery(key, row)).toEqual(full);
    expect(readWith({ state: 'dead', settledAt: seconds(8).toISOString() })).toMatchObject({
      state: 'dead',
      settledAt: seconds(8),
    });
  });

  it('needs nothing but its key and its state', () => {
    const { orderKey: _, ...expected } = aDelivery(key);

    expect(readDelivery(key, { state: 'pending' })).toMatchObject({
      ...expected,
      attempts: [],
      attemptCount: 0,
    });
  });

  it('has the key that it is stored under, whatever its attributes say', () => {
    expect(readWith({ orderKey: 'main/other', eventId: 'other', endpointId: 'other' })).toMatchObject(key);
  });

  it.each<[keyof DeliveryAttributes, unknown]>([
    ['reason', 'weather'],
    ['deferralCount', -1],
    ['firstAttemptAt', 'noon'],
    ['nextAttemptAt', 1_772_366_400],
    ['late', 'yes'],
    ['filterPending', 1],
    ['replayedAt', '2026-03-01'],
    ['possiblyDeliveredAt', null],
  ])('is read without an attribute %s of %j', (name, value) => {
    const { [name]: _, ...others } = full;

    expect(readWith({ [name]: value })).toEqual(others);
  });

  it.each<[keyof DeliveryAttributes, unknown, object]>([
    ['attempts', 'none', { attempts: [] }],
    ['attemptCount', -1, { attemptCount: 1 }],
    ['attemptCount', 1.5, { attemptCount: 1 }],
    ['leaseId', 7, { leaseId: '' }],
    ['leaseUntil', 'later', { leaseUntil: seconds(4) }],
    ['owedSince', 'noon', { owedSince: aDelivery(key).owedSince }],
    ['owedTo', null, { owedTo: endpointId }],
    ['dueAt', 'noon', { dueAt: seconds(4) }],
  ])('has a default for an attribute %s of %j', (name, value, expected) => {
    expect(readWith({ [name]: value })).toEqual({ ...full, ...expected });
  });

  it.each(Object.keys(attempt))('has no attempts when the %s of one is wrong', (name) => {
    expect(readWith({ attempts: [{ ...attempt, [name]: Symbol.for('wrong') }] }).attempts).toEqual([]);
  });

  it('may have attempts with only their time and duration', () => {
    const least = { at: seconds(1).toISOString(), durationMs: 0 };

    expect(readWith({ attempts: [least] }).attempts).toEqual([{ at: seconds(1), durationMs: 0 }]);
  });

  it.each([undefined, 'lost', 7])(
    'cannot be read with the state %j: the error names row and states',
    (state) => {
      const read = () => readWith({ state });

      expect(read).toThrow(UnreadableRowError);
      expect(read).toThrow(
        `delivery#${eventId}#erp of ${orderKey}: attribute state must be one of pending, leased`,
      );
    },
  );
});
