import { describe, expect, it, vi } from 'vitest';
import { StoreError } from '../../lib/relay/ports.ts';
import { aRelay, UNAVAILABLE } from './a-relay.ts';

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
});
