import { describe, expect, it, vi } from 'vitest';
import { isLeased } from '../../../lib/relay/model/delivery.ts';
import { StoreError } from '../../../lib/relay/ports/event-log.ts';
import { anEndpointId } from '../../ports/builders.ts';
import { aRelay, ORDER, UNAVAILABLE } from '../a-relay.ts';

const ERP = anEndpointId('erp');

describe('an older delivery of the order', () => {
  /** An older delivery to `erp` that failed, and a newer event. */
  async function withOlder(attributes: Record<string, unknown>) {
    const relay = aRelay();
    relay.endpoint('erp', attributes);
    relay.sender.answers.set('erp', UNAVAILABLE);
    const older = await relay.accepted();
    await relay.fanOut();
    relay.sender.answers.delete('erp');
    return { relay, older, newer: await relay.accepted() };
  }

  it('does not delay a newer one with the ordering `none`', async () => {
    const { relay, older, newer } = await withOlder({ ordering: 'none' });

    await relay.fanOut();

    expect(relay.sender.eventsTo('erp')).toEqual([older, newer]);
    expect(await relay.rows()).toMatchObject([{ eventId: older, state: 'pending' }]);
  });

  it('delays a newer one by two seconds when it changed before it could be superseded', async () => {
    const { relay, older, newer } = await withOlder({});
    vi.spyOn(relay.eventLog, 'updateDelivery').mockResolvedValueOnce(false);

    await relay.fanOut();

    expect(relay.sender.eventsTo('erp')).toEqual([older]);
    expect((await relay.rows()).at(-1)).toMatchObject({
      eventId: newer,
      reason: 'behind-earlier',
      nextAttemptAt: new Date(relay.clock.now().getTime() + 2_000),
    });
  });

  it('of another endpoint delays nothing', async () => {
    const { relay, newer } = await withOlder({ ordering: 'strict' });
    relay.endpoint('shop', { ordering: 'strict' });
    relay.minutes(1);

    await relay.fanOut();

    expect(relay.sender.eventsTo('shop')).toEqual([newer]);
  });

  it('that is settled does not delay an event for an endpoint ordered `strict`', async () => {
    const { relay, older, newer } = await withOlder({ ordering: 'strict', maxAttempts: 1 });
    expect(await relay.rows()).toMatchObject([{ eventId: older, state: 'dead' }]);

    await relay.fanOut();

    expect(relay.sender.eventsTo('erp')).toEqual([older, newer]);
  });

  it('is superseded also when the newer event is parked, and its lease has expired', async () => {
    const { relay, older } = await withOlder({});
    await relay.eventLog.updateDelivery(
      { orderKey: ORDER, eventId: older, endpointId: ERP },
      { state: 'pending', leaseId: undefined },
      { state: 'leased', leaseId: 'held', leaseUntil: relay.clock.now() },
    );
    const [row] = await relay.rows();
    expect(row && isLeased(row, relay.clock.now())).toBe(false);
    relay.endpoint('erp', { state: 'paused' });
    relay.minutes(1);

    await relay.fanOut();

    expect(await relay.rows()).toMatchObject([
      { eventId: older, state: 'superseded' },
      { state: 'pending', reason: 'endpoint-paused' },
    ]);
  });

  it('delays the whole order when the table fails while it is superseded', async () => {
    const { relay, newer } = await withOlder({});
    vi.spyOn(relay.eventLog, 'updateDelivery').mockRejectedValueOnce(new StoreError('throttled'));

    expect(await relay.fanOut()).toMatchObject([{ eventId: newer }]);

    expect((await relay.event(newer)).fannedOutAt).toBeUndefined();
    expect(relay.telemetry.counts.get('FanOutFailures')).toBe(1);
  });
});
