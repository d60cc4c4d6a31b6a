import { describe, expect, it, vi } from 'vitest';
import { deliver } from '../../lib/relay/deliver.ts';
import type { EventId } from '../../lib/relay/ids.ts';
import { type SendResult, StoreError } from '../../lib/relay/ports.ts';
import { aRelay, everythingIsWaiting, OK, REFUSED, UNAVAILABLE } from './a-relay.ts';
import { takesMs } from './takes-ms.ts';

type ARelay = ReturnType<typeof aRelay>;

async function fannedOut(relay: ARelay, count: number): Promise<EventId[]> {
  const ids: EventId[] = [];
  for (let n = 0; n < count; n++) ids.push(await relay.accepted({ Id: `o${n}` }));
  await relay.fanOut();
  return ids;
}

/** Has the endpoint answer only when it is told to. */
function holdingAnswers(relay: ARelay, host: string) {
  const held: ((result: SendResult) => void)[] = [];
  relay.sender.answers.set(host, () => new Promise((resolve) => held.push(resolve)));
  return {
    /** Lets all go on that wait for an answer. */
    release(result: SendResult = OK): void {
      for (const answer of held.splice(0)) answer(result);
    },
  };
}

describe('a new endpoint', () => {
  it('is not attempted by fan-out but by deliver, at once', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp');

    const eventId = await relay.accepted();
    await relay.fanOut();
    expect(relay.sender.requests).toEqual([]);
    expect((await relay.event(eventId)).outcomes).toEqual({ erp: 'pending' });

    await relay.deliver();
    expect(relay.sender.eventsTo('erp')).toEqual([eventId]);
    expect((await relay.event(eventId)).outcomes).toEqual({ erp: 'delivered 200 in 0 ms' });
  });

  it('is attempted by fan-out once it has answered quickly', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp');
    await relay.accepted();
    await relay.fanOut();
    await relay.deliver();

    const second = await relay.accepted();
    await relay.fanOut();

    expect(relay.sender.eventsTo('erp').at(-1)).toBe(second);
    expect(await relay.healthOf('erp')).toHaveProperty('provenAt');
  });

  it('is found by sweep when the message for its first delivery was lost', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp');
    const eventId = await relay.accepted();
    await relay.fanOut();
    relay.deliveryQueue.take();

    await relay.run(2);

    expect(relay.sender.eventsTo('erp')).toEqual([eventId]);
  });

  it('stays with deliver as long as it has only failed', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp', { ordering: 'none' });
    relay.sender.answers.set('erp', UNAVAILABLE);
    await fannedOut(relay, 1);
    await relay.deliver();
    const { length } = relay.sender.requests;

    await fannedOut(relay, 1);

    expect(length).toBe(1);
    expect(relay.sender.requests).toHaveLength(1);
  });
});

describe('an endpoint that took longer than two seconds', () => {
  it('is not attempted by fan-out any more', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    takesMs(relay, 'erp', 2_500);
    await relay.accepted();
    await relay.fanOut();
    relay.sender.requests.length = 0;

    await relay.accepted();
    await relay.fanOut();

    expect(relay.sender.requests).toEqual([]);
    expect(await relay.healthOf('erp')).not.toHaveProperty('provenAt');
  });

  it('is so again after five minutes and one quick answer to deliver', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    takesMs(relay, 'erp', 2_500);
    await fannedOut(relay, 1);
    relay.sender.answers.delete('erp');

    relay.minutes(6);
    await fannedOut(relay, 1);
    expect(relay.sender.requests).toHaveLength(1);
    await relay.deliver();
    expect(relay.sender.requests).toHaveLength(2);
    await fannedOut(relay, 1);
    expect(relay.sender.requests).toHaveLength(3);
  });

  it('does not hold up others of the same event', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp');
    relay.endpoint('shop');
    holdingAnswers(relay, 'erp');

    const eventId = await relay.accepted();
    expect(await relay.fanOut()).toEqual([]);

    expect((await relay.event(eventId)).outcomes).toEqual({ erp: 'pending', shop: 'delivered 200 in 0 ms' });
  });
});

describe('deliver for an endpoint that is slow, or has yet to show that it is not', () => {
  it('works for it in one invocation at a time: another one leaves its rows due and goes on', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp');
    relay.newEndpoint('shop');
    const erp = holdingAnswers(relay, 'erp');
    await fannedOut(relay, 3);
    const keys = relay.deliveryQueue.take();
    const toErp = keys.filter(({ endpointId }) => endpointId === 'erp');
    const toShop = keys.filter(({ endpointId }) => endpointId === 'shop');

    const first = deliver(relay.another(), toErp.slice(0, 1), relay.deadline());
    await everythingIsWaiting();
    const second = await deliver(relay.another(), [...toErp.slice(1), ...toShop], relay.deadline());

    expect(second).toEqual([]);
    expect(relay.sender.to('erp')).toHaveLength(1);
    expect(relay.sender.to('shop')).toHaveLength(3);
    relay.clock.advance(1);
    expect(await relay.eventLog.owed('erp', relay.clock.now(), 10)).toHaveLength(2);
    erp.release();
    expect(await first).toEqual([]);
  });

  it('gives the right to one of two that want it at the same moment', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp');
    const erp = holdingAnswers(relay, 'erp');
    await fannedOut(relay, 2);
    const running = relay.deliveryQueue
      .take()
      .map((key, n) => deliver({ ...relay.another(), random: () => n / 2 }, [key], relay.deadline()));
    await everythingIsWaiting();

    expect(running).toHaveLength(2);
    expect(relay.sender.requests).toHaveLength(1);
    erp.release();
    await Promise.all(running);
  });

  it('attempts all that one invocation was handed at the same time', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp');
    const erp = holdingAnswers(relay, 'erp');
    await fannedOut(relay, 10);

    const running = relay.deliver();
    await everythingIsWaiting();

    expect(relay.sender.requests).toHaveLength(10);
    erp.release();
    await running;
  });

  it('wakes the next when it ends, which need not wait for sweep', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp');
    const erp = holdingAnswers(relay, 'erp');
    const events = await fannedOut(relay, 3);
    const [mine, ...others] = relay.deliveryQueue.take();
    if (mine === undefined) throw new Error('deliver should have been woken');
    const first = deliver(relay.another(), [mine], relay.deadline());
    await everythingIsWaiting();
    await deliver(relay.another(), others, relay.deadline());

    relay.clock.advance(1_000);
    erp.release();
    await first;
    relay.sender.answers.delete('erp');
    await relay.deliver();

    expect(relay.sender.eventsTo('erp')).toEqual(events);
  });

  it('wakes no more than a batch while it is slow, and all once it has shown to be quick', async () => {
    const wokenAfter = async (durationMs: number) => {
      const relay = aRelay();
      relay.newEndpoint('erp', { ordering: 'none' });
      takesMs(relay, 'erp', durationMs);
      await fannedOut(relay, 60);
      const [mine, ...others] = relay.deliveryQueue.take();
      if (mine === undefined) throw new Error('deliver should have been woken');
      const holder = {
        deliveringId: 'another',
        deliveringUntil: new Date(relay.clock.now().getTime() + 500),
      };
      await relay.configTable.updateHealth(mine.endpointId, {}, holder);
      await deliver(relay.another(), others, relay.deadline());
      relay.clock.advance(1_000);
      await deliver(relay.another(), [mine], relay.deadline());
      return relay.deliveryQueue.take().length;
    };

    expect(await wokenAfter(5_000)).toBe(10);
    expect(await wokenAfter(50)).toBe(59);
  });

  it('wakes nobody when it could not attempt anything', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp');
    await fannedOut(relay, 3);
    const [mine] = relay.deliveryQueue.take();
    if (mine === undefined) throw new Error('deliver should have been woken');
    relay.newEndpoint('erp', { state: 'paused' });

    await deliver(relay.another(), [mine], relay.deadline());

    expect(relay.deliveryQueue.take()).toEqual([]);
    expect(await relay.healthOf('erp')).not.toHaveProperty('deliveringId');
  });

  it('wakes nobody when the circuit has opened: what waits is parked', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp', { ordering: 'none' });
    takesMs(relay, 'erp', 100, UNAVAILABLE);
    await fannedOut(relay, 12);
    const keys = relay.deliveryQueue.take();
    relay.minutes(1);

    await deliver(relay.another(), keys.slice(0, 6), relay.deadline());

    expect(await relay.healthOf('erp')).toMatchObject({ state: 'open' });
    expect(relay.deliveryQueue.take()).toEqual([]);
  });

  it('does not wake what it has had in hand itself, and could not work with', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp', { ordering: 'none' });
    const [bad] = await fannedOut(relay, 2);
    const payload = relay.eventLog.payload.bind(relay.eventLog);
    vi.spyOn(relay.eventLog, 'payload').mockImplementation((key) =>
      key.eventId === bad ? Promise.reject(new StoreError('throttled')) : payload(key),
    );
    relay.minutes(2);

    await relay.deliver();

    expect(relay.sender.requests).toHaveLength(1);
    expect(relay.deliveryQueue.take()).toEqual([]);
  });

  it('lets the next one begin when the one before has died, once its time is over', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp', { timeoutSeconds: 10 });
    const [, event] = await fannedOut(relay, 2);
    const [one, other] = relay.deliveryQueue.take();
    if (one === undefined || other === undefined) throw new Error('deliver should have been woken');
    holdingAnswers(relay, 'erp');
    void deliver(relay.another(), [one], relay.deadline());
    await everythingIsWaiting();
    relay.sender.answers.delete('erp');

    relay.clock.advance(19_000);
    await deliver(relay.another(), [other], relay.deadline());
    expect(relay.sender.requests).toHaveLength(1);

    relay.clock.advance(2_000);
    await deliver(relay.another(), [other], relay.deadline());
    expect(relay.sender.eventsTo('erp').at(-1)).toBe(event);
  });

  it('gives its right back though an attempt failed', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp');
    relay.sender.answers.set('erp', REFUSED);
    await fannedOut(relay, 1);

    await relay.deliver();

    expect(await relay.healthOf('erp')).not.toHaveProperty('deliveringId');
    expect(await relay.healthOf('erp')).not.toHaveProperty('deliveringUntil');
  });

  it('does not take a right away that another one has by now', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp');
    await fannedOut(relay, 1);
    const [mine] = relay.deliveryQueue.take();
    if (mine === undefined) throw new Error('deliver should have been woken');
    const erp = holdingAnswers(relay, 'erp');
    const late = deliver(relay.another(), [mine], relay.deadline());
    await everythingIsWaiting();
    await relay.configTable.updateHealth(mine.endpointId, {}, { deliveringId: 'another' });

    erp.release();
    await late;

    expect(await relay.healthOf('erp')).toMatchObject({ deliveringId: 'another' });
  });

  it('gets every event through to an endpoint that always takes five seconds', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp', { ordering: 'none' });
    takesMs(relay, 'erp', 5_000);
    const events = await fannedOut(relay, 50);

    await relay.run(10);

    expect(relay.sender.eventsTo('erp').sort()).toEqual(events);
    expect(await relay.owed('erp')).toEqual([]);
  });
});

describe('deliver for an endpoint that is quick', () => {
  it('needs no right to: many invocations may work for it at the same time', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { state: 'paused' });
    await fannedOut(relay, 3);
    relay.newEndpoint('erp');
    const keys = await relay.owed('erp');
    const erp = holdingAnswers(relay, 'erp');
    const write = vi.spyOn(relay.configTable, 'updateHealth');
    relay.minutes(1);

    const running = keys.flatMap((key) =>
      key.kind === 'delivery' ? [deliver(relay.another(), [key], relay.deadline())] : [],
    );
    await everythingIsWaiting();

    expect(relay.sender.requests).toHaveLength(3);
    erp.release();
    await Promise.all(running);
    expect(write).not.toHaveBeenCalled();
  });
});
