import { describe, expect, it, vi } from 'vitest';
import { aRelay, REFUSED, UNAVAILABLE } from '../a-relay.ts';
import { fannedOut, withOpenCircuit } from '../health/an-open-circuit.ts';

describe('sweep of an endpoint’s deliveries', () => {
  it('sends a message for a delivery whose message was lost', async () => {
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

  it.each([1, 10, 120])('sends one message, however many deliveries are overdue: %i', async (count) => {
    const relay = aRelay();
    relay.newEndpoint('erp', { ordering: 'none' });
    const events = await fannedOut(relay, count);
    relay.deliveryQueue.take();
    relay.minutes(2);

    await relay.sweep();

    expect(relay.deliveryQueue.take()).toMatchObject([{ eventId: events[0], delaySeconds: 0 }]);
  });

  it('sends one message for a removed endpoint, whose receiver cancels all deliveries', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp', { ordering: 'none' });
    await fannedOut(relay, 120);
    relay.deliveryQueue.take();
    await relay.configTable.remove('endpoint', 'erp');
    relay.minutes(2);

    await relay.sweep();
    const messages = relay.deliveryQueue.take();
    await relay.deliveryQueue.send(messages);
    await relay.deliver();

    expect(messages).toHaveLength(1);
    expect(await relay.owed('erp')).toEqual([]);
    expect(await relay.owed('attention#erp')).toHaveLength(120);
  });

  it('sends one message for an endpoint that is disabled, before its deliveries are due', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    relay.sender.answers.set('erp', UNAVAILABLE);
    await fannedOut(relay, 3);
    relay.newEndpoint('erp', { state: 'disabled' });
    relay.clock.advance(1_000);

    await relay.run(1);

    expect(await relay.owed('erp')).toEqual([]);
    expect(await relay.owed('attention#erp')).toHaveLength(3);
  });

  it('sends none while another invocation serves the endpoint', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp');
    await fannedOut(relay, 3);
    relay.deliveryQueue.take();
    relay.minutes(2);
    const lockedUntil = new Date(relay.clock.now().getTime() + 1_000);
    relay.health('erp', { state: 'ok', lockId: 'a-lock', lockedUntil: lockedUntil.toISOString() });

    await relay.sweep();
    expect(relay.deliveryQueue.take()).toEqual([]);

    relay.minutes(1);
    await relay.sweep();
    expect(relay.deliveryQueue.take()).toHaveLength(1);
  });

  it('sends one for an endpoint that catches up, although nothing is overdue', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    relay.sender.answers.set('erp', UNAVAILABLE);
    const [eventId] = await fannedOut(relay, 1);
    relay.clock.advance(6_000);
    await relay.deliver();
    relay.health('erp', { state: 'ok', recoveredAt: relay.clock.now().toISOString() });
    relay.clock.advance(60_000);

    await relay.sweep();

    expect(relay.deliveryQueue.take()).toMatchObject([{ eventId }]);
    expect(relay.telemetry.counts.get('OwedOverdue')).toBeUndefined();
  });

  it('sends none for an endpoint that has caught up and whose deliveries are not due', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    relay.sender.answers.set('erp', UNAVAILABLE);
    await fannedOut(relay, 1);
    relay.clock.advance(6_000);
    await relay.deliver();
    relay.clock.advance(60_000);

    await relay.sweep();

    expect(relay.deliveryQueue.take()).toEqual([]);
  });

  it('does not report the deliveries of an endpoint that is failing as overdue', async () => {
    const relay = withOpenCircuit();
    await fannedOut(relay, 5);
    relay.minutes(30);

    await relay.sweep();

    expect(relay.deliveryQueue.take()).toHaveLength(1);
    expect(relay.telemetry.counts.get('OwedOverdue')).toBeUndefined();
  });

  it('sends none for a delivery that needs attention', async () => {
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
});
