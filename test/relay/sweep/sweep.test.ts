import { describe, expect, it, vi } from 'vitest';
import { Deadline } from '../../../lib/relay/model/clock.ts';
import { StoreError } from '../../../lib/relay/ports/event-log.ts';
import { sweep } from '../../../lib/relay/sweep/sweep.ts';
import { aRelay } from '../a-relay.ts';

describe('sweep', () => {
  it('puts an event back on the queue whose message was lost, once it is overdue', async () => {
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

  it('puts back page after page of the events that an outage of the queue has left behind', async () => {
    const relay = aRelay();
    for (let order = 1; order <= 1_000; order++) await relay.accepted({ Id: `${order}` });
    relay.eventQueue.take();
    relay.minutes(3);

    await relay.sweep();

    expect(relay.eventQueue.take()).toHaveLength(1_000);
  });

  it('leaves the pages for which it has no time to the next sweep', async () => {
    const relay = aRelay();
    for (let order = 1; order <= 1_000; order++) await relay.accepted({ Id: `${order}` });
    relay.eventQueue.take();
    relay.minutes(3);
    const wake = relay.eventQueue.enqueueAgain.bind(relay.eventQueue);
    vi.spyOn(relay.eventQueue, 'enqueueAgain').mockImplementation((messages) => {
      relay.clock.advance(12_000);
      return wake(messages);
    });

    await sweep(relay.relay, new Deadline(relay.clock, 50_000));

    expect(relay.eventQueue.take().length).toBeLessThan(1_000);
  });

  it('puts an event back once, however many sweeps run at the same time', async () => {
    const relay = aRelay();
    await relay.accepted();
    relay.eventQueue.take();
    relay.minutes(3);

    await Promise.all([relay.sweep(), relay.sweep()]);
    await relay.sweep();

    expect(relay.eventQueue.take()).toHaveLength(1);
  });

  it('puts it back again when that message is lost, too', async () => {
    const relay = aRelay();
    await relay.accepted();
    relay.minutes(3);
    await relay.sweep();
    relay.eventQueue.take();

    relay.minutes(3);
    await relay.sweep();

    expect(relay.eventQueue.take()).toHaveLength(1);
  });

  it('continues with the other lists when one cannot be read', async () => {
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

  it('reads no list for which it has no time, and starts with another one each time', async () => {
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

  it('reports how much was overdue, and how old the oldest event is, however often it was enqueued', async () => {
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

  it('reports nothing when nothing is overdue', async () => {
    const relay = aRelay();
    relay.endpoint('erp');

    await relay.sweep();

    expect([...relay.telemetry.counts]).toEqual([]);
    expect(relay.telemetry.log).toEqual([]);
  });

  it('puts back in a later sweep what the queue did not take', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    const eventId = await relay.accepted();
    relay.eventQueue.take();
    relay.minutes(3);
    const send = vi
      .spyOn(relay.eventQueue, 'enqueueAgain')
      .mockImplementation(async (messages) => [...messages]);

    await relay.sweep();
    expect(relay.eventQueue.take()).toEqual([]);
    send.mockRestore();
    await relay.run(3);

    expect(relay.sender.eventsTo('erp')).toEqual([eventId]);
  });

  it('puts back the other events of a page when some of them cannot be moved', async () => {
    const relay = aRelay();
    const [stuck, ...others] = [
      await relay.accepted({ Id: '1' }),
      await relay.accepted({ Id: '2' }),
      await relay.accepted({ Id: '3' }),
    ];
    relay.eventQueue.take();
    relay.minutes(3);
    const postpone = relay.eventLog.postpone.bind(relay.eventLog);
    vi.spyOn(relay.eventLog, 'postpone').mockImplementation((item, dueAt) =>
      item.eventId === stuck ? Promise.reject(new StoreError('throttled')) : postpone(item, dueAt),
    );

    await relay.sweep();

    const sent = relay.eventQueue.take().map(({ eventId }) => eventId);
    expect(sent.sort()).toEqual(others.sort());
    expect(relay.telemetry.log).toContainEqual({
      level: 'error',
      message: 'some events could not be enqueued; a later sweep retries',
      error: expect.any(StoreError),
      fields: { unsent: 0, failed: 1 },
    });
  });

  it('puts back an event that could not be moved in the next sweep', async () => {
    const relay = aRelay();
    const eventId = await relay.accepted();
    relay.eventQueue.take();
    relay.minutes(3);
    vi.spyOn(relay.eventLog, 'postpone').mockRejectedValueOnce(new StoreError('throttled'));
    await relay.sweep();
    expect(relay.eventQueue.take()).toEqual([]);

    relay.minutes(1);
    await relay.sweep();

    expect(relay.eventQueue.take()).toMatchObject([{ eventId }]);
  });

  it('reports the events that the queue did not take', async () => {
    const relay = aRelay();
    await relay.accepted({ Id: '1' });
    relay.eventQueue.take();
    relay.minutes(3);
    vi.spyOn(relay.eventQueue, 'enqueueAgain').mockImplementation(async (messages) => [...messages]);

    await relay.sweep();

    expect(relay.telemetry.log).toContainEqual(
      expect.objectContaining({ level: 'error', fields: { unsent: 1, failed: 0 } }),
    );
  });
});

describe('a table that refuses every write', () => {
  it('gets one page of writes from each list in a sweep', async () => {
    const relay = aRelay();
    for (let order = 0; order < 800; order++) await relay.accepted({ Id: String(order) });
    relay.minutes(5);
    const postpone = vi.spyOn(relay.eventLog, 'postpone').mockRejectedValue(new StoreError('throttled'));

    await relay.sweep();

    expect(postpone.mock.calls.length).toBeLessThanOrEqual(400);
  });
});
