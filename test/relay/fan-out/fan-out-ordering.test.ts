import { describe, expect, it } from 'vitest';
import { endpointIdSchema } from '../../../lib/relay/endpoint/endpoint-id.ts';
import { aRelay, ORDER, UNAVAILABLE } from '../a-relay.ts';

describe('fan-out for an endpoint ordered `latest`', () => {
  it('supersedes an older delivery that still fails, and sends the newer one', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    relay.sender.answers.set('erp', UNAVAILABLE);
    const older = await relay.accepted();
    await relay.fanOut();
    relay.sender.answers.delete('erp');

    const newer = await relay.accepted();
    await relay.fanOut();

    expect(await relay.rows()).toMatchObject([{ eventId: older, state: 'superseded' }]);
    expect(await relay.outcomes(older)).toEqual({ erp: 'superseded: a newer event took its place' });
    expect(await relay.outcomes(newer)).toEqual({ erp: 'delivered 200 in 0 ms' });
    expect(await relay.owed('erp')).toEqual([]);
  });

  it('writes a row for the newer event while the older one is leased', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    relay.sender.answers.set('erp', UNAVAILABLE);
    const older = await relay.accepted();
    await relay.fanOut();
    relay.sender.answers.delete('erp');
    const erp = endpointIdSchema.parse('erp');
    await relay.eventLog.updateDelivery(
      { orderKey: ORDER, eventId: older, endpointId: erp },
      { state: 'pending', leaseId: undefined },
      { state: 'leased', leaseId: 'held', leaseUntil: new Date(relay.clock.now().getTime() + 20_000) },
    );

    const newer = await relay.accepted();
    await relay.fanOut();

    expect(relay.sender.eventsTo('erp')).toEqual([older]);
    expect(await relay.rows()).toMatchObject([
      { eventId: older, state: 'leased' },
      { eventId: newer, state: 'pending', reason: 'behind-earlier' },
    ]);
  });
});

describe('fan-out for an endpoint ordered `strict`', () => {
  it('writes a row for an event behind an older one that is not settled', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'strict' });
    relay.sender.answers.set('erp', UNAVAILABLE);
    const older = await relay.accepted();
    await relay.fanOut();
    const newer = await relay.accepted();
    await relay.fanOut();

    expect(relay.sender.eventsTo('erp')).toEqual([older]);
    expect(await relay.outcomes(newer)).toEqual({ erp: 'pending: behind an earlier delivery' });
  });
});
