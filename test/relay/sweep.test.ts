import { describe, expect, it, vi } from 'vitest';
import { Deadline } from '../../lib/relay/clock.ts';
import { StoreError } from '../../lib/relay/ports.ts';
import { sweep } from '../../lib/relay/sweep.ts';
import { aRelay, REFUSED, UNAVAILABLE } from './a-relay.ts';

describe('sweep', () => {
  it('wakes fan-out for an event whose message was lost, once it is overdue', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    const eventId = await relay.accepted();
    relay.eventQueue.take();

    relay.minutes(1);
    await relay.sweep();
    expect(relay.eventQueue.take()).toEqual([]);

    relay.minutes(2);
    await relay.sweep();
    await relay.fanOut();
    expect(relay.sender.eventsTo('erp')).toEqual([eventId]);
  });

  it('wakes all events that an outage of the queue has left behind, not a hundred a minute', async () => {
    const relay = aRelay();
    for (let order = 1; order <= 1_000; order++) await relay.accepted({ Id: `${order}` });
    relay.eventQueue.take();
    relay.minutes(3);

    await relay.sweep();

    expect(relay.eventQueue.take()).toHaveLength(1_000);
  });

  it('leaves what it has no time for to the next sweep', async () => {
    const relay = aRelay();
    for (let order = 1; order <= 1_000; order++) await relay.accepted({ Id: `${order}` });
    relay.eventQueue.take();
    relay.minutes(3);
    const wake = relay.eventQueue.sendAgain.bind(relay.eventQueue);
    vi.spyOn(relay.eventQueue, 'sendAgain').mockImplementation((messages) => {
      relay.clock.advance(12_000);
      return wake(messages);
    });

    await sweep(relay.relay, new Deadline(relay.clock, 50_000));

    expect(relay.eventQueue.take().length).toBeLessThan(1_000);
  });

  it('wakes deliver for a delivery whose message was lost', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    relay.sender.answers.set('erp', UNAVAILABLE);
    await relay.accepted();
    vi.spyOn(relay.deliveryQueue, 'send').mockResolvedValueOnce([]);
    await relay.fanOut();
    relay.sender.answers.delete('erp');

    relay.minutes(2);
    await relay.sweep();
    await relay.deliver();

    expect(await relay.rows()).toMatchObject([{ state: 'delivered' }]);
  });

  it('does not wake the same work in two sweeps that follow each other at once', async () => {
    const relay = aRelay();
    await relay.accepted();
    relay.eventQueue.take();
    relay.minutes(3);

    await Promise.all([relay.sweep(), relay.sweep()]);
    await relay.sweep();

    expect(relay.eventQueue.take()).toHaveLength(1);
  });

  it('wakes it again later when that went unheard as well', async () => {
    const relay = aRelay();
    await relay.accepted();
    relay.minutes(3);
    await relay.sweep();
    relay.eventQueue.take();

    relay.minutes(3);
    await relay.sweep();

    expect(relay.eventQueue.take()).toHaveLength(1);
  });

  it('goes on with the other lists when one cannot be read', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    await relay.accepted({ Id: '1' });
    relay.eventQueue.take();
    relay.minutes(3);
    const owed = relay.eventLog.owed.bind(relay.eventLog);
    vi.spyOn(relay.eventLog, 'owed').mockImplementation((list, ...rest) =>
      list === 'erp' ? Promise.reject(new StoreError('throttled')) : owed(list, ...rest),
    );

    await relay.sweep();

    expect(relay.eventQueue.take()).toHaveLength(1);
    expect(relay.telemetry.log).toContainEqual(
      expect.objectContaining({ level: 'error', fields: { list: 'erp' } }),
    );
  });

  it('wakes no more than a hundred of a removed endpoint’s deliveries at a time', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    relay.sender.answers.set('erp', UNAVAILABLE);
    for (let n = 0; n < 120; n++) await relay.accepted({ Id: `${n}` });
    await relay.fanOut();
    relay.configTable.remove('endpoint', 'erp');
    relay.minutes(2);
    relay.deliveryQueue.take();

    await relay.sweep();
    expect(relay.deliveryQueue.take()).toHaveLength(100);
    await relay.sweep();
    expect(relay.deliveryQueue.take()).toHaveLength(20);
  });

  it('looks at no list that it has no time for, and begins with another one each time', async () => {
    const relay = aRelay();
    for (let n = 0; n < 16; n++) relay.endpoint(`e${n}`);
    const looked: string[][] = [];
    for (const draw of [0, 0.5]) {
      relay.draws(() => draw);
      const owed = vi.spyOn(relay.eventLog, 'owed').mockImplementation(async () => {
        relay.clock.advance(10_000);
        return [];
      });
      await sweep(relay.relay, new Deadline(relay.clock, 55_000));
      looked.push(owed.mock.calls.map(([list]) => list));
      owed.mockRestore();
    }

    const [first = [], second = []] = looked;
    expect(first.length).toBeGreaterThanOrEqual(4);
    expect(first.length).toBeLessThan(10);
    expect(second.filter((list) => first.includes(list))).toEqual([]);
  });

  it('leaves alone what a person has to look at', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { maxAttempts: 1 });
    relay.sender.answers.set('erp', REFUSED);
    await relay.accepted();
    await relay.fanOut();
    expect(await relay.owed('attention#erp')).toHaveLength(1);

    await relay.run(60);

    expect(relay.sender.requests).toHaveLength(1);
    expect(await relay.owed('attention#erp')).toHaveLength(1);
  });

  it('says how much was overdue, and how old the oldest event is however often it has been woken', async () => {
    const relay = aRelay();
    await relay.accepted({ Id: '1' });
    await relay.accepted({ Id: '2' });
    relay.eventQueue.take();
    relay.minutes(5);
    await relay.sweep();
    relay.telemetry.counts.clear();

    relay.minutes(5);
    await relay.sweep();

    expect(relay.telemetry.counts.get('OwedOverdue')).toBe(2);
    expect(relay.telemetry.counts.get('OldestOwedSeconds')).toBeCloseTo(600, 1);
  });

  it.each(['open', 'recovering'])('does not complain of what waits while a circuit is %s', async (state) => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    relay.health('erp', { state, consecutiveFailures: 5, provenAt: relay.clock.now().toISOString() });
    for (let n = 0; n < 5; n++) await relay.accepted({ Id: `${n}` });
    await relay.fanOut();

    relay.minutes(30);
    await relay.sweep();

    expect(relay.deliveryQueue.take().length).toBeGreaterThan(0);
    expect(relay.telemetry.counts.get('OwedOverdue')).toBeUndefined();
  });

  it('says nothing when nothing is overdue', async () => {
    const relay = aRelay();
    relay.endpoint('erp');

    await relay.sweep();

    expect([...relay.telemetry.counts]).toEqual([]);
    expect(relay.telemetry.log).toEqual([]);
  });

  it('goes on when a queue takes nothing: a later sweep wakes what is still owed', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    const eventId = await relay.accepted();
    relay.eventQueue.take();
    relay.minutes(3);
    const send = vi
      .spyOn(relay.eventQueue, 'sendAgain')
      .mockImplementation(async (messages) => [...messages]);

    await relay.sweep();
    expect(relay.eventQueue.take()).toEqual([]);
    send.mockRestore();
    await relay.run(3);

    expect(relay.sender.eventsTo('erp')).toEqual([eventId]);
  });

  it('wakes a few forgotten deliveries at once, and drains more than ten as a backlog', async () => {
    const wokenOf = async (count: number) => {
      const relay = aRelay();
      relay.endpoint('erp', { ordering: 'none', state: 'paused' });
      for (let n = 0; n < count; n++) await relay.accepted({ Id: `${n}` });
      await relay.fanOut();
      relay.newEndpoint('erp', { ordering: 'none' });
      relay.minutes(1);
      await relay.sweep();
      const woken = relay.deliveryQueue.take().length;
      return [woken, (await relay.healthOf('erp')).state];
    };

    expect(await wokenOf(10)).toEqual([10, 'closed']);
    expect(await wokenOf(11)).toEqual([10, 'recovering']);
  });

  it('drains no faster than an endpoint’s rate limit', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none', state: 'paused' });
    for (let n = 0; n < 100; n++) await relay.accepted({ Id: `${n}` });
    await relay.fanOut();
    relay.newEndpoint('erp', { ordering: 'none', rateLimitPerSecond: 0.05 });
    const woken: number[] = [];

    for (let minute = 0; minute < 4; minute++) {
      relay.minutes(1);
      await relay.sweep();
      woken.push(relay.deliveryQueue.take().length);
    }

    expect(woken).toEqual([3, 3, 3, 3]);
  });

  it('never makes a backlog of an endpoint that is served one invocation at a time', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp', { ordering: 'none', state: 'paused' });
    for (let n = 0; n < 30; n++) await relay.accepted({ Id: `${n}` });
    await relay.fanOut();
    relay.newEndpoint('erp', { ordering: 'none' });
    relay.minutes(1);

    await relay.sweep();

    expect(relay.deliveryQueue.take()).toHaveLength(10);
    expect(await relay.healthOf('erp')).toMatchObject({ state: 'closed' });
  });
});
