import { describe, expect, it, vi } from 'vitest';
import { deliver } from '../../../lib/relay/deliver/deliver.ts';
import { endpointIdSchema } from '../../../lib/relay/endpoint/endpoint-id.ts';
import { StoreError, UnreadableRowError } from '../../../lib/relay/ports/event-log.ts';
import { aRelay, OK, ORDER, REFUSED, UNAVAILABLE } from '../a-relay.ts';

const ERP = endpointIdSchema.parse('erp');

/** A relay with one delivery that failed once and is due again. */
async function withFailedDelivery(attributes: Record<string, unknown> = {}) {
  const relay = aRelay();
  relay.endpoint('erp', attributes);
  relay.sender.answers.set('erp', UNAVAILABLE);
  const eventId = await relay.accepted();
  await relay.fanOut();
  relay.sender.answers.delete('erp');
  relay.sender.requests.length = 0;
  relay.clock.advance(6_000);
  return { relay, eventId, key: { orderKey: ORDER, eventId, endpointId: ERP } };
}

describe('deliver', () => {
  it('sends again with the same event id, and settles the row and the outcome', async () => {
    const { relay, eventId } = await withFailedDelivery();

    await relay.deliver();

    expect(relay.sender.eventsTo('erp')).toEqual([eventId]);
    expect(await relay.rows()).toMatchObject([
      { state: 'delivered', attemptCount: 2, settledAt: relay.clock.now() },
    ]);
    expect(await relay.outcomes(eventId)).toEqual({ erp: 'delivered 200 in 0 ms, attempt 2' });
    expect(await relay.owed('erp')).toEqual([]);
  });

  it('keeps to the schedule until the attempts are used up: then the delivery needs attention', async () => {
    const { relay, eventId } = await withFailedDelivery({ maxAttempts: 4 });
    relay.sender.answers.set('erp', UNAVAILABLE);

    for (let minutes = 0; minutes < 60; minutes++) {
      await relay.deliver();
      relay.minutes(1);
      await relay.sweep();
    }

    const [row] = await relay.rows();
    expect(row).toMatchObject({ state: 'dead', attemptCount: 4 });
    const waits = row?.attempts.map(
      ({ at }, n) => at.getTime() - (row.attempts[n - 1]?.at.getTime() ?? at.getTime()),
    );
    expect(waits?.[1]).toBe(6_000);
    expect(waits?.[2]).toBeGreaterThanOrEqual(5 * 60_000);
    expect(waits?.[3]).toBeGreaterThanOrEqual(30 * 60_000);
    expect(waits?.[3]).toBeLessThan(36 * 60_000);
    expect(await relay.outcomes(eventId)).toEqual({ erp: 'dead: 503 in 0 ms, attempt 4' });
    expect(await relay.owed('erp')).toEqual([]);
    expect(await relay.owed('attention#erp')).toMatchObject([{ eventId }]);
  });

  it('keeps the last ten attempts, and counts all', async () => {
    const { relay } = await withFailedDelivery({ maxAttempts: 12 });
    relay.sender.answers.set('erp', REFUSED);

    for (let attempts = 0; attempts < 11; attempts++) {
      await relay.sweep();
      await relay.deliver();
      relay.minutes(60 * 30);
    }

    const [row] = await relay.rows();
    expect(row?.attemptCount).toBe(12);
    expect(row?.attempts).toHaveLength(10);
  });

  it('sends once for two copies of a message', async () => {
    const { relay, key } = await withFailedDelivery();

    await deliver(relay.relay, [key, key], relay.deadline());

    expect(relay.sender.requests).toHaveLength(1);
  });

  it('sends nothing under another function’s lease, and sends once that lease has expired', async () => {
    const { relay, key } = await withFailedDelivery();
    const leaseUntil = new Date(relay.clock.now().getTime() + 20_000);
    await relay.eventLog.updateDelivery(
      key,
      { state: 'pending', leaseId: undefined },
      { state: 'leased', leaseId: 'held', leaseUntil },
    );

    await deliver(relay.relay, [key], relay.deadline());
    expect(relay.sender.requests).toHaveLength(0);

    relay.clock.advance(20_001);
    await deliver(relay.relay, [key], relay.deadline());
    expect(relay.sender.requests).toHaveLength(1);
    expect(await relay.rows()).toMatchObject([{ state: 'delivered' }]);
  });

  it.each([
    ['attempted again', {}, 'pending'],
    ['cancelled', { state: 'disabled' }, 'cancelled'],
  ])(
    'notes of a lease that nobody returned that the event may have arrived: %s',
    async (_, attributes, state) => {
      const { relay, key } = await withFailedDelivery();
      const leaseUntil = new Date(relay.clock.now().getTime() + 20_000);
      await relay.eventLog.updateDelivery(
        key,
        { state: 'pending', leaseId: undefined },
        { state: 'leased', leaseId: 'of one that died', leaseUntil },
      );
      relay.sender.answers.set('erp', REFUSED);
      relay.newEndpoint('erp', attributes);
      relay.clock.advance(20_001);

      await deliver(relay.relay, [key], relay.deadline());

      expect(await relay.rows()).toMatchObject([{ state, possiblyDeliveredAt: leaseUntil }]);
    },
  );

  it('writes nothing under a lease that was overtaken while it sent', async () => {
    const { relay, key } = await withFailedDelivery();
    relay.sender.answers.set('erp', async () => {
      const [row] = await relay.rows();
      await relay.eventLog.updateDelivery(
        key,
        { state: 'leased', leaseId: row?.state === 'leased' ? row.leaseId : undefined },
        { leaseId: 'another' },
      );
      return OK;
    });

    await relay.deliver();

    expect(await relay.rows()).toMatchObject([{ state: 'leased', leaseId: 'another', attemptCount: 1 }]);
  });

  it('sends nothing for a message that comes too early', async () => {
    const { relay, key } = await withFailedDelivery();
    relay.clock.advance(-6_000);

    await deliver(relay.relay, [key], relay.deadline());

    expect(relay.sender.requests).toHaveLength(0);
  });

  it('does nothing for a message whose row does not exist', async () => {
    const { relay, key } = await withFailedDelivery();

    expect(
      await deliver(relay.relay, [{ ...key, endpointId: endpointIdSchema.parse('x') }], relay.deadline()),
    ).toEqual([]);
    expect(relay.sender.requests).toHaveLength(0);
  });

  it('writes the outcome of a settled row when an earlier run could not', async () => {
    const { relay, eventId } = await withFailedDelivery();
    vi.spyOn(relay.eventLog, 'recordOutcome').mockRejectedValueOnce(new StoreError('throttled'));

    expect(await relay.deliver()).toEqual([]);
    relay.minutes(2);
    await relay.sweep();
    await relay.deliver();

    expect(relay.sender.requests).toHaveLength(1);
    expect(await relay.outcomes(eventId)).toEqual({ erp: 'delivered 200 in 0 ms, attempt 2' });
    expect(await relay.owed('erp')).toEqual([]);
  });

  it('keeps a settled row in the endpoint’s list until its event is fanned out', async () => {
    const { relay, key } = await withFailedDelivery();
    vi.spyOn(relay.eventLog, 'recordOutcome').mockResolvedValue(false);

    await deliver(relay.relay, [key], relay.deadline());

    expect(await relay.rows()).toMatchObject([{ state: 'delivered' }]);
    expect(await relay.owed('erp')).toHaveLength(1);
  });

  it('ends under attention when its event has expired, however long it was owed', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { state: 'paused' });
    const eventId = await relay.accepted();
    await relay.fanOut();
    relay.minutes(40 * 24 * 60);
    expect(await relay.eventLog.event({ orderKey: ORDER, eventId })).toBeUndefined();
    relay.endpoint('erp');

    await relay.run(3);

    expect(await relay.rows()).toMatchObject([{ state: 'dead', reason: 'payload-gone' }]);
    expect(await relay.owed('erp')).toEqual([]);
    expect(await relay.owed('attention#erp')).toMatchObject([{ eventId }]);
    expect(relay.telemetry.counts.get('DeliveriesDead')).toBe(1);
    expect(relay.sender.requests).toEqual([]);
  });

  it('cancels the deliveries of an endpoint that is disabled, and they need attention', async () => {
    const { relay, eventId } = await withFailedDelivery();
    relay.endpoint('erp', { state: 'disabled' });
    relay.clock.advance(11_000);

    await relay.deliver();

    expect(await relay.outcomes(eventId)).toEqual({ erp: 'cancelled: endpoint is disabled' });
    expect(await relay.owed('attention#erp')).toHaveLength(1);
  });

  it('cancels the deliveries of an endpoint whose row is gone, a minute after they were written', async () => {
    const { relay, eventId } = await withFailedDelivery();
    await relay.configTable.remove('endpoint', 'erp');
    relay.clock.advance(11_000);

    await relay.deliver();
    expect(await relay.rows()).toMatchObject([{ state: 'pending' }]);

    relay.minutes(2);
    await relay.sweep();
    await relay.deliver();
    expect(await relay.outcomes(eventId)).toEqual({ erp: 'cancelled: endpoint was removed' });
  });

  it('keeps the deliveries of a paused endpoint until it is on again', async () => {
    const { relay, eventId } = await withFailedDelivery();
    relay.endpoint('erp', { state: 'paused' });
    relay.clock.advance(11_000);
    await relay.deliver();
    relay.minutes(10);
    await relay.sweep();
    expect(relay.deliveryQueue.take()).toEqual([]);

    relay.endpoint('erp');
    relay.clock.advance(11_000);
    await relay.sweep();
    await relay.deliver();

    expect(await relay.outcomes(eventId)).toEqual({ erp: 'delivered 200 in 0 ms, attempt 2' });
  });

  it('sends what was parked for an invalid row once the row is corrected', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { url: 'htps:/typo' });
    const eventId = await relay.accepted();
    await relay.fanOut();
    relay.minutes(5);
    await relay.sweep();
    expect(relay.deliveryQueue.take()).toEqual([]);

    relay.endpoint('erp');
    relay.clock.advance(11_000);
    await relay.sweep();
    await relay.deliver();

    expect(relay.sender.eventsTo('erp')).toEqual([eventId]);
    expect(await relay.outcomes(eventId)).toEqual({ erp: 'delivered 200 in 0 ms' });
  });

  it('ends a delivery as dead whose payload is gone', async () => {
    const { relay, eventId } = await withFailedDelivery();
    vi.spyOn(relay.eventLog, 'payload').mockResolvedValue(undefined);

    await relay.deliver();

    expect(await relay.outcomes(eventId)).toMatchObject({
      erp: expect.stringMatching(/^dead: payload is gone/),
    });
  });
});

describe('a delivery whose payload row cannot be read', () => {
  it('is dead and needs attention, and no request is sent', async () => {
    const { relay, eventId } = await withFailedDelivery();
    vi.spyOn(relay.eventLog, 'payload').mockRejectedValue(new UnreadableRowError('row payload: no body'));

    expect(await relay.deliver()).toEqual([]);
    await relay.run(10);

    expect(await relay.outcomes(eventId)).toEqual({ erp: 'dead: payload row cannot be read' });
    expect(await relay.owed('attention#erp')).toMatchObject([{ eventId }]);
    expect(relay.sender.requests).toEqual([]);
  });

  it('is tried again by sweep when the store only failed for a moment', async () => {
    const { relay, eventId } = await withFailedDelivery();
    vi.spyOn(relay.eventLog, 'payload').mockRejectedValueOnce(new StoreError('throttled'));

    expect(await relay.deliver()).toEqual([]);
    await relay.run(3);

    expect(relay.sender.eventsTo('erp')).toEqual([eventId]);
    expect(await relay.rows()).toMatchObject([{ state: 'delivered', attemptCount: 2 }]);
  });
});
