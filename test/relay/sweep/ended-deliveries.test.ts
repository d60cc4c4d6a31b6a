import { describe, expect, it, vi } from 'vitest';
import { settle } from '../../../lib/relay/delivery/settle.ts';
import { isUnfinished } from '../../../lib/relay/model/delivery.ts';
import { orderKeyOf } from '../../../lib/relay/model/ids.ts';
import { StoreError } from '../../../lib/relay/ports/event-log.ts';
import { aRelay, ORDER, SOURCE, UNAVAILABLE } from '../a-relay.ts';
import { fannedOut } from '../health/an-open-circuit.ts';

/**
 * A delivery to `erp` that died, and whose function died before it wrote the event's outcome. Its message is lost. Then
 * the endpoint gets other attributes, with 150 parked deliveries before it in its list.
 */
async function aDeadDeliveryWithoutOutcome(attributes: Record<string, unknown>) {
  const relay = aRelay();
  relay.newEndpoint('erp', { ordering: 'none', state: 'paused' });
  await fannedOut(relay, 150);
  relay.newEndpoint('erp', { ordering: 'none', maxAttempts: 1 });
  relay.minutes(1);
  relay.sender.answers.set('erp', UNAVAILABLE);
  const eventId = await relay.accepted({ Id: '1' });
  await relay.fanOut();
  vi.spyOn(relay.eventLog, 'recordOutcome').mockRejectedValueOnce(new StoreError('the function died'));
  const [message] = relay.deliveryQueue.take().filter((one) => one.eventId === eventId);
  if (message === undefined) throw new Error('no message');
  // Only this order is served: the endpoint is paused again after its attempt.
  vi.spyOn(relay.sender, 'post').mockImplementationOnce(async () => {
    relay.newEndpoint('erp', { ordering: 'none', ...attributes });
    relay.minutes(1);
    return UNAVAILABLE;
  });
  await relay.deliveryQueue.send([{ ...message, delaySeconds: 0 }]);
  await relay.deliver();
  relay.deliveryQueue.take();
  return { relay, eventId };
}

describe('a delivery that died before the event’s outcome was written', () => {
  it.each([
    ['is paused', { state: 'paused' }],
    ['has an invalid row', { timeoutSeconds: 'ten' }],
  ])('needs attention within two minutes, although its endpoint %s', async (_, attributes) => {
    const { relay, eventId } = await aDeadDeliveryWithoutOutcome(attributes);
    expect(await relay.owed('attention#erp')).toEqual([]);
    expect(await relay.outcomes(eventId)).toMatchObject({ erp: 'pending' });

    await relay.run(2);

    expect(await relay.owed('attention#erp')).toMatchObject([{ eventId }]);
    expect(await relay.outcomes(eventId)).toEqual({ erp: expect.stringContaining('dead') });
    expect(await relay.owed('erp')).toHaveLength(150);
    expect(relay.sender.to('erp')).toHaveLength(0);
  });

  it('costs a paused endpoint one query a minute, and no message when there is none', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp', { state: 'paused' });
    await fannedOut(relay, 3);
    relay.deliveryQueue.take();
    relay.minutes(1);
    const owed = vi.spyOn(relay.eventLog, 'owed');

    await relay.sweep();

    expect(owed.mock.calls.filter(([list]) => list === 'erp')).toHaveLength(1);
    expect(relay.deliveryQueue.take()).toEqual([]);
  });

  it('is enqueued with one message for each order', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp', { state: 'paused', ordering: 'none' });
    await relay.accepted({ Id: '1' });
    await relay.accepted({ Id: '1' });
    await relay.accepted({ Id: '2' });
    await relay.fanOut();
    relay.deliveryQueue.take();
    vi.spyOn(relay.eventLog, 'recordOutcome').mockRejectedValue(new StoreError('the function died'));
    const orders = [ORDER, orderKeyOf(SOURCE, '2')];
    for (const order of orders)
      for (const row of await relay.rows(order))
        if (isUnfinished(row))
          await expect(settle(relay, row, 'cancelled', 'cancelled-by-hand')).rejects.toThrow(StoreError);
    relay.minutes(1);

    await relay.sweep();

    expect(
      relay.deliveryQueue
        .take()
        .map(({ orderKey }) => orderKey)
        .sort(),
    ).toEqual(orders);
  });
});
