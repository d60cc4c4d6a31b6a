import { describe, expect, it } from 'vitest';
import { cleared, type Health, healthAfter } from '../../../lib/relay/health/health.ts';
import { healthAttributes, parseHealthRow } from '../../../lib/relay/health/health-row.ts';
import { isRefusing } from '../../../lib/relay/health/refusals.ts';
import { orderKeyOf, TESTS } from '../../../lib/relay/model/ids.ts';
import { SOURCE } from '../a-relay.ts';
import { answer, FAILING, healthAfterAll, NOON, noAnswer, PROVEN, seconds } from '../attempts.ts';

const ofOrder = (order: number) => ({ orderKey: orderKeyOf(SOURCE, `${order}`) });

/** One refusal of each order, a second apart. */
const refusals = (orders: number, status = 401, firstAt = 0) =>
  Array.from({ length: orders }, (_, index) => answer(status, firstAt + index, ofOrder(index)));

const orders = ({ refusedOrders = [] }: Health) => refusedOrders.length;

describe('an endpoint that refuses different orders in a row', () => {
  it('is refusing after the fifth order, and has known the number before', () => {
    const four = healthAfterAll(PROVEN, ...refusals(4));
    const five = healthAfterAll(PROVEN, ...refusals(5));

    expect([orders(four), isRefusing(four)]).toEqual([4, false]);
    expect([orders(five), isRefusing(five)]).toEqual([5, true]);
    expect(five).toMatchObject({ state: 'ok', refusedSince: seconds(0), lastAnswer: '401' });
  });

  it.each([400, 401, 403, 404, 409, 413, 422, 499, 300, 301, 302, 307, 399])('counts %i', (status) => {
    expect(isRefusing(healthAfterAll(PROVEN, ...refusals(5, status)))).toBe(true);
  });

  it('does not count a request without an answer, nor a 2xx whose `success` expression failed', () => {
    const failed = answer(200, 1, { error: 'success: no boolean' });

    expect(orders(healthAfterAll(PROVEN, noAnswer(0), failed))).toBe(0);
  });

  it('does not count tests, which are no orders', () => {
    const tests = Array.from({ length: 5 }, (_, index) =>
      answer(401, index, { orderKey: orderKeyOf(TESTS, `${index}`) }),
    );

    expect(orders(healthAfterAll(PROVEN, ...tests))).toBe(0);
  });

  it.each([408, 425, 429, 500, 503])(
    'does not count %i, which concerns the endpoint or the moment',
    (status) => {
      expect(orders(healthAfterAll(PROVEN, ...refusals(5, status)))).toBe(0);
    },
  );

  it('counts an order once, however often it is refused', () => {
    const health = healthAfterAll(PROVEN, ...refusals(4), ...refusals(4, 422, 10), ...refusals(4, 401, 20));

    expect([orders(health), isRefusing(health)]).toEqual([4, false]);
  });

  it('has the same object after a refusal like the one before, so that nothing is written', () => {
    const five = healthAfterAll(PROVEN, ...refusals(5));

    expect(healthAfter(five, answer(401, 60, ofOrder(2)))).toBe(five);
  });

  it('counts at most 20 orders, which bounds the writes of one run', () => {
    const many = healthAfterAll(PROVEN, ...refusals(20));

    expect(healthAfter(many, answer(401, 21, ofOrder(21)))).toBe(many);
    expect(orders(many)).toBe(20);
  });

  it('stays refusing while it fails in other ways', () => {
    const health = healthAfterAll(PROVEN, ...refusals(5), noAnswer(10), answer(503, 11), answer(408, 12));

    expect(isRefusing(health)).toBe(true);
  });

  it('stays refusing when its circuit closes because a probe is refused', () => {
    const health = healthAfterAll(FAILING, ...refusals(5, 404, 61));

    expect(health).toMatchObject({ state: 'ok', refusedSince: seconds(61) });
    expect(isRefusing(health)).toBe(true);
  });

  it('counts the refusals since its first refused request started', () => {
    const health = healthAfterAll(PROVEN, ...refusals(2));

    expect(health.refusedSince).toEqual(seconds(0));
    expect(health.refusedOrders?.map(({ length }) => length)).toEqual([8, 8]);
    expect(orders(healthAfter(health, answer(200, 0)))).toBe(0);
  });

  it.each([200, 299, 302, 400])('counts %i exactly when the `success` expression denies it', (status) => {
    const made = (accepted: boolean) => healthAfter(PROVEN, answer(status, 0, { ...ofOrder(1), accepted }));

    expect([orders(made(true)), orders(made(false))]).toEqual([0, 1]);
  });

  it('names no order in its row', () => {
    const row = healthAttributes(
      healthAfterAll(PROVEN, answer(401, 0, { orderKey: orderKeyOf(SOURCE, 'WB-17') })),
    );

    expect(JSON.stringify(row)).not.toContain('WB-17');
  });
});

describe('an endpoint that accepts a request after refusals', () => {
  const five = healthAfterAll(PROVEN, ...refusals(5));

  it('is not refusing, and has no refusals', () => {
    const accepted = healthAfter(five, answer(200, 10, ofOrder(9)));

    expect(accepted).not.toHaveProperty('refusedOrders');
    expect(accepted).not.toHaveProperty('refusedSince');
    expect(accepted.lastSuccessAt).toEqual(seconds(10));
  });

  it('gets what it refused by its schedule: one good payload says little of the refused ones', () => {
    expect(healthAfter(five, answer(200, 10))).not.toHaveProperty('recoveredAt');
  });

  it('was not refusing before, when the accepted request started before the first refused one', () => {
    expect(orders(healthAfter(five, answer(200, -1)))).toBe(5);
  });

  it('is refusing again only after five more orders', () => {
    const again = healthAfterAll(five, answer(200, 10), ...refusals(4, 401, 20));

    expect(isRefusing(again)).toBe(false);
  });
});

describe('an endpoint whose refusals a person clears or edits', () => {
  it('has none after `endpoints enable`', () => {
    expect(orders(cleared(healthAfterAll(PROVEN, ...refusals(5))))).toBe(0);
  });

  it.each([
    ['a number', 7, 0],
    ['a list with other things', ['a', 7], 0],
    ['a long list', Array.from({ length: 100 }, (_, index) => `${index}`), 20],
  ])('is read without error: %s', (_, refusedOrders, count) => {
    expect(orders(parseHealthRow({ id: 'erp', attributes: { refusedOrders } }, NOON).health)).toBe(count);
  });
});
