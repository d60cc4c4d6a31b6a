import { describe, expect, it, vi } from 'vitest';
import { deliver } from '../../lib/relay/deliver/deliver.ts';
import { StoreError } from '../../lib/relay/ports/event-log.ts';
import { aRelay, everythingIsWaiting } from './a-relay.ts';
import { holdAnswers } from './deliver/held-answers.ts';

/** Whether a promise has settled by now. */
function watch(work: Promise<unknown>) {
  const watched = { hasEnded: false };
  const end = () => {
    watched.hasEnded = true;
  };
  work.then(end, end);
  return watched;
}

describe('fan-out', () => {
  it('does not return before the requests of an event have ended, although the row of another endpoint failed', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    relay.newEndpoint('shop');
    const erp = holdAnswers(relay, 'erp');
    vi.spyOn(relay.eventLog, 'putDeliveryIfAbsent').mockRejectedValue(new StoreError('throttled'));
    await relay.accepted();
    const running = relay.fanOut();
    const watched = watch(running);
    await everythingIsWaiting();
    expect(watched.hasEnded).toBe(false);

    await erp.answer();

    expect(await running).toHaveLength(1);
  });

  it('does not return before the other orders of its batch have ended, although one failed', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    const erp = holdAnswers(relay, 'erp');
    const payload = relay.eventLog.payload.bind(relay.eventLog);
    vi.spyOn(relay.eventLog, 'payload').mockImplementation((key) =>
      key.orderKey === 'main/bad' ? Promise.reject(new StoreError('throttled')) : payload(key),
    );
    await relay.accepted({ Id: 'bad' });
    const good = await relay.accepted({ Id: 'good' });
    const running = relay.fanOut();
    const watched = watch(running);
    await everythingIsWaiting();
    expect(watched.hasEnded).toBe(false);

    await erp.answer();

    expect(await running).toMatchObject([{ orderKey: 'main/bad' }]);
    expect(relay.sender.eventsTo('erp')).toEqual([good]);
  });

  it('does not return before all rows of an event are written, although one failed', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp');
    relay.newEndpoint('shop');
    const put = relay.eventLog.putDeliveryIfAbsent.bind(relay.eventLog);
    const slow = Promise.withResolvers<void>();
    vi.spyOn(relay.eventLog, 'putDeliveryIfAbsent').mockImplementation(async (delivery) => {
      if (delivery.endpointId === 'erp') throw new StoreError('throttled');
      await slow.promise;
      return put(delivery);
    });
    await relay.accepted();
    const running = relay.fanOut();
    const watched = watch(running);
    await everythingIsWaiting();
    expect(watched.hasEnded).toBe(false);

    slow.resolve();

    expect(await running).toHaveLength(1);
    expect(await relay.rows()).toMatchObject([{ endpointId: 'shop' }]);
  });
});

describe('deliver', () => {
  it('does not return before all endpoints were served, although one of them failed', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp');
    relay.newEndpoint('shop');
    await relay.accepted();
    await relay.fanOut();
    const erp = holdAnswers(relay, 'erp');
    const row = relay.configTable.healthRow.bind(relay.configTable);
    vi.spyOn(relay.configTable, 'healthRow').mockImplementation((id) =>
      id === 'shop' ? Promise.reject(new StoreError('throttled')) : row(id),
    );
    const running = deliver(relay.relay, relay.deliveryQueue.take(), relay.deadline());
    const watched = watch(running);
    await everythingIsWaiting();
    expect(watched.hasEnded).toBe(false);

    await erp.answer();

    expect(await running).toMatchObject([{ endpointId: 'shop' }]);
    expect(relay.sender.to('shop')).toEqual([]);
  });

  it('writes the health once all of that has ended', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp');
    await relay.accepted();
    await relay.fanOut();
    const update = relay.configTable.updateHealth.bind(relay.configTable);
    const slow = Promise.withResolvers<void>();
    vi.spyOn(relay.configTable, 'updateHealth').mockImplementation(async (id, only, change) => {
      if ('provenAt' in change) await slow.promise;
      return update(id, only, change);
    });
    const running = relay.deliver();
    const watched = watch(running);
    await everythingIsWaiting();
    expect(watched.hasEnded).toBe(false);

    slow.resolve();
    await running;

    expect(await relay.healthOf('erp')).toHaveProperty('provenAt');
  });
});
