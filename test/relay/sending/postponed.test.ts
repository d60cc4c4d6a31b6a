import { describe, expect, it } from 'vitest';
import { aRelay } from '../a-relay.ts';
import { errorsOf } from './sent-requests.ts';

const WANTED = { Id: '1', wanted: true };
const REFUSED = { Id: '1', wanted: false };

/** The endpoint `erp` with all expressions, beside a `shop` without. */
function aRelayWith(attributes: Record<string, unknown>) {
  const relay = aRelay();
  relay.expressions.means('filter', ({ order }) => Reflect.get(Object(order), 'wanted'));
  relay.expressions.means('transform', () => 'a text');
  relay.expressions.judges('success', () => true);
  relay.endpoint('erp', attributes);
  relay.endpoint('shop');
  return relay;
}

describe('a filter whose time other expressions took', () => {
  it('is left to deliver by fan-out, and the event is not sent meanwhile', async () => {
    const relay = aRelayWith({ filter: 'filter' });
    relay.expressions.postpones('filter', 1);
    await relay.accepted(WANTED);

    await relay.fanOut();

    const [row] = await relay.rows();
    expect(row).toMatchObject({ endpointId: 'erp', state: 'pending', filterPending: true, attemptCount: 0 });
    expect(row).not.toHaveProperty('possiblyDeliveredAt');
    expect(relay.sender.to('erp')).toEqual([]);
    expect(relay.sender.to('shop')).toHaveLength(1);
    expect(relay.telemetry.counts.get('ExpressionsFailed')).toBeUndefined();
  });

  it.each([
    [WANTED, 'delivered', 1],
    [REFUSED, 'skipped', 0],
  ])('decides in deliver about %j: %s', async (body, state, requests) => {
    const relay = aRelayWith({ filter: 'filter' });
    relay.expressions.postpones('filter', 1);
    await relay.accepted(body);

    await relay.fanOut();
    await relay.deliver();

    expect(await relay.rows()).toMatchObject([{ state }]);
    expect(relay.sender.to('erp')).toHaveLength(requests);
  });

  it('is evaluated again five seconds later in deliver, however often, and supersedes nothing', async () => {
    const relay = aRelayWith({ filter: 'filter' });
    relay.expressions.postpones('filter', 30);
    const eventId = await relay.accepted(REFUSED);
    await relay.fanOut();

    await relay.deliver();
    expect(await relay.rows()).toMatchObject([
      { state: 'pending', reason: 'expressions-busy', filterPending: true, attemptCount: 0, attempts: [] },
    ]);
    for (let round = 0; round < 30; round++) {
      relay.clock.advance(5_000);
      await relay.deliver();
    }

    expect((await relay.outcomes(eventId)).erp).toBe('skipped: refused by the filter');
    expect(relay.sender.to('erp')).toEqual([]);
  });

  it('is not waited for by fan-out of an order that has used up its time', async () => {
    const relay = aRelayWith({ filter: 'filter' });
    relay.expressions.isSlow('filter');
    relay.sender.answers.set('erp', async () => {
      relay.clock.advance(6_000);
      return { kind: 'answer', status: 200, text: 'ok' };
    });
    const [first, second] = [await relay.accepted(WANTED), await relay.accepted(WANTED)];

    await relay.fanOut();

    expect(relay.sender.eventsTo('erp')).toEqual([first]);
    expect(await relay.rows()).toMatchObject([
      { endpointId: 'erp', eventId: second, filterPending: true },
      { endpointId: 'shop', eventId: second },
    ]);
  });
});

describe('a transform whose time other expressions took', () => {
  it('is left to deliver by fan-out, and costs no attempt', async () => {
    const relay = aRelayWith({ transform: 'transform' });
    relay.expressions.postpones('transform', 1);
    await relay.accepted();

    await relay.fanOut();

    const [row] = await relay.rows();
    expect(row).toMatchObject({ endpointId: 'erp', state: 'pending', attemptCount: 0, attempts: [] });
    expect(row).not.toHaveProperty('possiblyDeliveredAt');
    await relay.deliver();
    expect(await relay.rows()).toMatchObject([{ state: 'delivered', attemptCount: 1 }]);
  });

  it('is evaluated again by deliver five seconds later, and costs no attempt', async () => {
    const relay = aRelayWith({ transform: 'transform', maxAttempts: 1 });
    relay.expressions.postpones('transform', 2);
    await relay.accepted();
    await relay.fanOut();

    await relay.deliver();
    const [row] = await relay.rows();
    expect(row).toMatchObject({ state: 'pending', reason: 'expressions-busy', attemptCount: 0 });
    expect(row).not.toHaveProperty('possiblyDeliveredAt');
    relay.clock.advance(5_000);
    await relay.deliver();

    expect(await relay.rows()).toMatchObject([{ state: 'delivered', attemptCount: 1 }]);
    expect(relay.sender.to('erp')).toHaveLength(1);
  });
});

describe('a `success` expression whose time other expressions took', () => {
  it('costs no attempt, and the event may have arrived', async () => {
    const relay = aRelayWith({ success: 'success', maxAttempts: 1 });
    relay.expressions.postpones('success', 2);
    await relay.accepted();

    await relay.fanOut();
    const waiting = { state: 'pending', reason: 'expressions-busy', attemptCount: 0 };
    expect(await relay.rows()).toMatchObject([{ ...waiting, possiblyDeliveredAt: expect.any(Date) }]);
    expect(await errorsOf(relay)).toEqual(['`success` was not evaluated: other expressions took the time']);
    relay.clock.advance(10_000);
    await relay.deliver();
    expect(await relay.rows()).toMatchObject([{ ...waiting, possiblyDeliveredAt: expect.any(Date) }]);
    relay.clock.advance(10_000);
    await relay.deliver();

    expect(await relay.rows()).toMatchObject([{ state: 'delivered', attemptCount: 1 }]);
    expect(relay.sender.to('erp')).toHaveLength(3);
    expect(relay.telemetry.counts.get('ExpressionsFailed')).toBeUndefined();
  });

  it('says nothing about the health of the endpoint', async () => {
    const relay = aRelayWith({ success: 'success' });
    relay.expressions.postpones('success', 1);
    const before = await relay.healthOf('erp');
    await relay.accepted();

    await relay.fanOut();

    expect(await relay.healthOf('erp')).toEqual(before);
  });
});
