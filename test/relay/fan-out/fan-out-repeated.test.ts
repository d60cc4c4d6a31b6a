import { describe, expect, it } from 'vitest';
import { fanOut } from '../../../lib/relay/fan-out/fan-out.ts';
import { aRelay, UNAVAILABLE } from '../a-relay.ts';
import type { ARelay } from '../health/an-open-circuit.ts';

/** Fan-out receives the queue's messages for the second time: a run that died may have sent any of them. */
async function fanOutAgain(relay: ARelay): Promise<void> {
  const messages = relay.eventQueue.take().map((message) => ({ ...message, receivedBefore: true }));
  expect(await fanOut(relay.relay, messages)).toEqual([]);
}

describe('a repeated fan-out', () => {
  it('sends nothing: it writes a row for each endpoint, and deliver decides', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    relay.endpoint('shop', { ordering: 'none' });
    const eventId = await relay.accepted();
    const { receivedAt } = await relay.event(eventId);

    await fanOutAgain(relay);

    expect(relay.sender.requests).toEqual([]);
    expect(await relay.rows()).toMatchObject([
      { endpointId: 'erp', state: 'pending', possiblyDeliveredAt: receivedAt },
      { endpointId: 'shop', state: 'pending', possiblyDeliveredAt: receivedAt },
    ]);
    expect(await relay.outcomes(eventId)).toEqual({ erp: 'pending', shop: 'pending' });
    await relay.deliver();
    expect(relay.sender.eventsTo('erp')).toEqual([eventId]);
    expect(relay.sender.eventsTo('shop')).toEqual([eventId]);
  });

  it('evaluates no filter: the rows of endpoints that have one say so', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { filter: 'wanted' });
    relay.endpoint('shop');
    relay.expressions.means('wanted', () => false);
    await relay.accepted();

    await fanOutAgain(relay);

    expect(relay.expressions.evaluated).toEqual([]);
    const [erp, shop] = await relay.rows();
    expect(erp).toMatchObject({ endpointId: 'erp', filterPending: true });
    expect(shop).not.toHaveProperty('filterPending');
    await relay.deliver();
    expect(relay.sender.eventsTo('erp')).toEqual([]);
  });

  it('supersedes nothing: deliver does it, once the filter has decided', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    relay.sender.answers.set('erp', UNAVAILABLE);
    const older = await relay.accepted();
    await relay.fanOut();
    relay.sender.answers.delete('erp');
    const newer = await relay.accepted();

    await fanOutAgain(relay);
    expect(await relay.rows()).toMatchObject([{ state: 'pending' }, { state: 'pending' }]);
    await relay.deliver();

    expect(relay.sender.eventsTo('erp')).toEqual([older, newer]);
    expect(await relay.rows()).toMatchObject([{ state: 'superseded' }, { state: 'delivered' }]);
  });

  it('lets deliver send the newest to an endpoint ordered `latest`, and all to one ordered `strict`', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    relay.endpoint('log', { ordering: 'strict' });
    const ids = [await relay.accepted(), await relay.accepted(), await relay.accepted()];

    await fanOutAgain(relay);
    await relay.deliver();

    expect(relay.sender.eventsTo('erp')).toEqual(ids.slice(-1));
    expect(relay.sender.eventsTo('log')).toEqual(ids);
  });

  it('notes that the event may have arrived, so nothing older is sent after it', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { maxAttempts: 1 });
    const older = await relay.accepted();
    await relay.accepted();
    await fanOutAgain(relay);
    const [olderRow, newerRow] = await relay.rows();
    if (olderRow === undefined || newerRow === undefined) throw new Error('there should be two rows');
    await relay.eventLog.updateDelivery(
      newerRow,
      { state: 'pending', leaseId: undefined },
      { state: 'dead' },
    );

    await relay.run(2);

    expect(relay.sender.eventsTo('erp')).toEqual([]);
    expect(await relay.outcomes(older)).toEqual({ erp: 'superseded: a newer event took its place' });
  });

  it('parks the delivery of an endpoint that is failing, and cancels that of one that is disabled', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    relay.endpoint('shop');
    relay.health('erp', { state: 'failing', consecutiveFailures: 5, retryAt: '2100-01-01T00:00:00Z' });
    relay.health('shop', { state: 'disabled' });
    const eventId = await relay.accepted();

    await fanOutAgain(relay);

    expect(await relay.outcomes(eventId)).toEqual({
      erp: 'pending: endpoint is failing',
      shop: 'cancelled: endpoint is disabled',
    });
    expect(relay.deliveryQueue.take()).toEqual([]);
  });

  it('is recognized by the event’s row when its message comes from sweep', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    const tried = await relay.accepted();
    await relay.eventLog.recordFanOutAttempt(await relay.event(tried), { fanOutAttempts: 1 });

    await relay.fanOut();

    expect(relay.sender.requests).toEqual([]);
    expect(await relay.rows()).toMatchObject([{ eventId: tried, possiblyDeliveredAt: expect.any(Date) }]);
  });

  it('is repeated for the whole order: an earlier run may have sent the events after it, too', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    const tried = await relay.accepted();
    const next = await relay.accepted();
    await relay.eventLog.recordFanOutAttempt(await relay.event(tried), { fanOutAttempts: 1 });

    await relay.fanOut();

    expect(relay.sender.requests).toEqual([]);
    expect(await relay.rows()).toMatchObject([
      { eventId: tried, possiblyDeliveredAt: expect.any(Date) },
      { eventId: next, possiblyDeliveredAt: expect.any(Date) },
    ]);
  });
});

describe('an order with an event that needs attention', () => {
  it('sends new events inline although an old one of the order needs attention', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    const bad = await relay.accepted();
    await relay.eventLog.recordFanOutAttempt(await relay.event(bad), {
      fanOutAttempts: 83,
      abandonedAt: relay.clock.now(),
      owedTo: 'attention#fan-out',
      dueAt: relay.clock.now(),
    });
    await relay.accepted();
    await relay.fanOut();
    expect(relay.sender.requests).toHaveLength(1);
    expect(await relay.rows()).toEqual([]);
  });
});
