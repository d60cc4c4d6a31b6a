import { describe, expect, it, vi } from 'vitest';
import { Deadline } from '../../lib/relay/clock.ts';
import { deliver } from '../../lib/relay/deliver.ts';
import { endpointIdSchema } from '../../lib/relay/endpoint.ts';
import { StoreError } from '../../lib/relay/ports.ts';
import { aRelay, OK, ORDER, REFUSED, UNAVAILABLE } from './a-relay.ts';

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
  it('attempts again with the same event id, and settles row, outcome and debt', async () => {
    const { relay, eventId } = await withFailedDelivery();

    await relay.deliver();

    expect(relay.sender.eventsTo('erp')).toEqual([eventId]);
    expect(await relay.rows()).toMatchObject([
      { state: 'delivered', attemptCount: 2, settledAt: relay.clock.now() },
    ]);
    expect((await relay.event(eventId)).outcomes).toEqual({ erp: 'delivered 200 in 0 ms, attempt 2' });
    expect(await relay.owed('erp')).toEqual([]);
  });

  it('keeps to the schedule until the attempts are used up: then the delivery needs a person', async () => {
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
    expect((await relay.event(eventId)).outcomes).toEqual({ erp: 'dead: 503 in 0 ms, attempt 4' });
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

  it('leaves a delivery alone that another function holds, and overtakes one whose lease has ended', async () => {
    const { relay, key } = await withFailedDelivery();
    const leaseUntil = new Date(relay.clock.now().getTime() + 20_000);
    await relay.eventLog.updateDelivery(
      key,
      { state: 'pending', leaseId: undefined },
      { leaseId: 'held', leaseUntil },
    );

    await deliver(relay.relay, [key], relay.deadline());
    expect(relay.sender.requests).toHaveLength(0);

    relay.clock.advance(20_001);
    await deliver(relay.relay, [key], relay.deadline());
    expect(relay.sender.requests).toHaveLength(1);
    expect(await relay.rows()).toMatchObject([{ state: 'delivered' }]);
  });

  it('writes nothing under a lease that was overtaken while it sent', async () => {
    const { relay, key } = await withFailedDelivery();
    relay.sender.answers.set('erp', async () => {
      const [row] = await relay.rows();
      await relay.eventLog.updateDelivery(
        key,
        { state: 'pending', leaseId: row?.leaseId },
        { leaseId: 'another' },
      );
      return OK;
    });

    await relay.deliver();

    expect(await relay.rows()).toMatchObject([{ state: 'pending', leaseId: 'another', attemptCount: 1 }]);
  });

  it('does nothing for a message that comes too early', async () => {
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

  it('goes on from a settled row whose outcome was not written yet', async () => {
    const { relay, eventId } = await withFailedDelivery();
    vi.spyOn(relay.eventLog, 'recordOutcome').mockRejectedValueOnce(new StoreError('throttled'));

    expect(await relay.deliver()).toEqual([]);
    relay.minutes(2);
    await relay.sweep();
    await relay.deliver();

    expect(relay.sender.requests).toHaveLength(1);
    expect((await relay.event(eventId)).outcomes).toEqual({ erp: 'delivered 200 in 0 ms, attempt 2' });
    expect(await relay.owed('erp')).toEqual([]);
  });

  it('stays owed while its event is not fanned out, whose outcomes are written last', async () => {
    const { relay, key } = await withFailedDelivery();
    vi.spyOn(relay.eventLog, 'recordOutcome').mockResolvedValue(false);

    await deliver(relay.relay, [key], relay.deadline());

    expect(await relay.rows()).toMatchObject([{ state: 'delivered' }]);
    expect(await relay.owed('erp')).toHaveLength(1);
  });

  it('starts nothing that its deadline would cut off, and returns the message', async () => {
    const { relay, key } = await withFailedDelivery();

    expect(await deliver(relay.relay, [key], new Deadline(relay.clock, 5_000))).toEqual([key]);
    expect(relay.sender.requests).toHaveLength(0);
  });

  it('cancels what is owed to an endpoint that is off, for a person to see', async () => {
    const { relay, eventId } = await withFailedDelivery();
    relay.endpoint('erp', { state: 'off' });
    relay.clock.advance(11_000);

    await relay.deliver();

    expect((await relay.event(eventId)).outcomes).toEqual({ erp: 'cancelled: endpoint is off' });
    expect(await relay.owed('attention#erp')).toHaveLength(1);
  });

  it('cancels what is owed to an endpoint whose row is gone, once it is gone for sure', async () => {
    const { relay, eventId } = await withFailedDelivery();
    relay.configTable.remove('endpoint', 'erp');
    relay.clock.advance(11_000);

    await relay.deliver();
    expect(await relay.rows()).toMatchObject([{ state: 'pending' }]);

    relay.minutes(2);
    await relay.sweep();
    await relay.deliver();
    expect((await relay.event(eventId)).outcomes).toEqual({ erp: 'cancelled: endpoint was removed' });
  });

  it('keeps what is owed to a paused endpoint until it is on again', async () => {
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

    expect((await relay.event(eventId)).outcomes).toEqual({ erp: 'delivered 200 in 0 ms, attempt 2' });
  });

  it('delivers what was parked for an invalid row once the row is mended', async () => {
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
    expect((await relay.event(eventId)).outcomes).toEqual({ erp: 'delivered 200 in 0 ms' });
  });

  it('gives up a delivery whose payload is gone', async () => {
    const { relay, eventId } = await withFailedDelivery();
    vi.spyOn(relay.eventLog, 'payload').mockResolvedValue(undefined);

    await relay.deliver();

    expect((await relay.event(eventId)).outcomes).toMatchObject({
      erp: expect.stringMatching(/^dead: payload is gone/),
    });
  });
});

describe('deliver for an endpoint ordered `strict`', () => {
  it('sends the older first and wakes the one behind it', async () => {
    const { relay, eventId } = await withFailedDelivery({ ordering: 'strict' });
    const newer = await relay.accepted();
    await relay.fanOut();

    await relay.deliver();
    await relay.deliver();

    expect(relay.sender.eventsTo('erp')).toEqual([eventId, newer]);
    expect(await relay.owed('erp')).toEqual([]);
  });
});

describe('deliver for an endpoint ordered `latest`', () => {
  it('does not send an older snapshot after a newer one', async () => {
    const { relay, eventId, key } = await withFailedDelivery();
    const newer = await relay.accepted();
    await relay.fanOut();

    await deliver(relay.relay, [key], relay.deadline());

    expect(relay.sender.eventsTo('erp')).toEqual([newer]);
    expect((await relay.event(eventId)).outcomes).toMatchObject({
      erp: expect.stringMatching(/^superseded/),
    });
  });
});
