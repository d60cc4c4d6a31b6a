import { describe, expect, it, vi } from 'vitest';
import { Deadline } from '../../lib/relay/clock.ts';
import { deliver } from '../../lib/relay/deliver.ts';
import { endpointIdSchema } from '../../lib/relay/endpoint.ts';
import { StoreError, UnreadableRowError } from '../../lib/relay/ports.ts';
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

  it.each([
    ['attempted again', {}, 'pending'],
    ['cancelled', { state: 'off' }, 'cancelled'],
  ])(
    'remembers of a lease that nobody gave back that the event may have arrived: %s',
    async (_, attributes, state) => {
      const { relay, key } = await withFailedDelivery();
      const leaseUntil = new Date(relay.clock.now().getTime() + 20_000);
      await relay.eventLog.updateDelivery(
        key,
        { state: 'pending', leaseId: undefined },
        { leaseId: 'of one that died', leaseUntil },
      );
      relay.sender.answers.set('erp', REFUSED);
      relay.newEndpoint('erp', attributes);
      relay.clock.advance(20_001);

      await deliver(relay.relay, [key], relay.deadline());

      expect(await relay.rows()).toMatchObject([{ state, mayHaveArrivedAt: leaseUntil }]);
    },
  );

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
    expect(relay.telemetry.log).toContainEqual({
      level: 'warn',
      message: 'message for a delivery that has no row',
      fields: { eventId: key.eventId, endpointId: 'x' },
    });
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
    vi.spyOn(relay.eventLog, 'recordOutcome').mockResolvedValue('not fanned out');

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

    expect(await relay.rows()).toMatchObject([
      { state: 'dead', reason: 'payload is gone: it expired or was erased' },
    ]);
    expect(await relay.owed('erp')).toEqual([]);
    expect(await relay.owed('attention#erp')).toMatchObject([{ eventId }]);
    expect(relay.telemetry.counts.get('DeliveriesDead')).toBe(1);
    expect(relay.sender.requests).toEqual([]);
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

describe('a delivery whose payload row cannot be read', () => {
  it('is left to a person, and neither held against the endpoint nor tried again', async () => {
    const { relay, eventId } = await withFailedDelivery();
    vi.spyOn(relay.eventLog, 'payload').mockRejectedValue(new UnreadableRowError('row payload: no body'));

    expect(await relay.deliver()).toEqual([]);
    await relay.run(10);

    expect((await relay.event(eventId)).outcomes).toEqual({ erp: 'dead: payload row cannot be read' });
    expect(await relay.owed('attention#erp')).toMatchObject([{ eventId }]);
    expect(relay.sender.requests).toEqual([]);
  });

  it('is tried again when the table only failed for a moment, by sweep and not by a message that stays', async () => {
    const { relay, eventId } = await withFailedDelivery();
    vi.spyOn(relay.eventLog, 'payload').mockRejectedValueOnce(new StoreError('throttled'));

    expect(await relay.deliver()).toEqual([]);
    await relay.run(3);

    expect(relay.sender.eventsTo('erp')).toEqual([eventId]);
    expect(await relay.rows()).toMatchObject([{ state: 'delivered', attemptCount: 2 }]);
  });
});

describe('an endpoint ordered `strict` that refuses an event', () => {
  /** The order's first event is refused with a status, and the second one waits behind it. */
  async function refusing(status: number, ordering = 'strict') {
    const relay = aRelay();
    relay.endpoint('erp', { ordering });
    relay.sender.answers.set('erp', { kind: 'answer', status, text: 'no' });
    const refused = await relay.accepted();
    await relay.fanOut();
    const next = await relay.accepted();
    await relay.fanOut();
    relay.sender.answers.set('erp', async ({ headers }) =>
      headers['webhook-id'] === refused ? { kind: 'answer', status, text: 'no' } : OK,
    );
    return { relay, refused, next };
  }

  it.each([400, 401, 404, 409, 422, 499])('is spared it after three attempts: %i', async (status) => {
    const { relay, refused, next } = await refusing(status);

    await relay.run(10);

    expect(relay.sender.eventsTo('erp')).toEqual([refused, refused, refused, next]);
    expect((await relay.event(refused)).outcomes).toEqual({ erp: `dead: ${status} in 0 ms, attempt 3` });
    expect((await relay.event(next)).outcomes).toEqual({ erp: 'delivered 200 in 0 ms' });
    expect(await relay.owed('attention#erp')).toMatchObject([{ eventId: refused }]);
  });

  it.each([302, 408, 425, 429, 500, 503])(
    'is not when the refusal speaks of the moment, and the order waits: %i',
    async (status) => {
      const { relay, refused } = await refusing(status);

      await relay.run(60);

      expect(new Set(relay.sender.eventsTo('erp'))).toEqual(new Set([refused]));
      expect(relay.sender.requests.length).toBeGreaterThan(3);
      expect(await relay.rows()).toMatchObject([{ state: 'pending' }, { state: 'pending' }]);
    },
  );

  it('is not when it ordered nothing: then nothing waits behind it', async () => {
    const { relay, next } = await refusing(400, 'none');

    await relay.run(60);

    expect(relay.sender.eventsTo('erp')).toContain(next);
    expect(await relay.rows()).toMatchObject([{ state: 'pending' }, { state: 'delivered' }]);
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
