import { describe, expect, it } from 'vitest';
import { orderKeyOf } from '../../../lib/relay/model/ids.ts';
import { aRelay, GONE, SOURCE, UNAVAILABLE } from '../a-relay.ts';
import { fannedOut } from './an-open-circuit.ts';

const orderOf = (id: string) => orderKeyOf(SOURCE, id);

describe('an endpoint that is gone for good', () => {
  it('is disabled at its first 410, and its deliveries are cancelled and need attention', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    relay.sender.answers.set('erp', UNAVAILABLE);
    const [pending] = await fannedOut(relay, 1, 'pending');
    relay.sender.answers.set('erp', GONE);
    const [refused] = await fannedOut(relay, 1, 'refused');

    expect(await relay.healthOf('erp')).toMatchObject({
      state: 'disabled',
      reason: 'it answered 410: gone for good',
    });
    expect(relay.telemetry.counts.get('EndpointsDisabled')).toBe(1);

    await relay.run(3);

    const reason = 'endpoint-disabled';
    expect(relay.sender.requests).toHaveLength(2);
    expect(await relay.rows(orderOf('pending0'))).toMatchObject([{ state: 'cancelled', reason }]);
    expect(await relay.owed('attention#erp')).toMatchObject([{ eventId: pending }, { eventId: refused }]);
    expect(await relay.owed('erp')).toEqual([]);
  });

  it('gets no later event, and the outcome says why', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    relay.health('erp', { state: 'disabled', reason: 'it answered 410: gone for good' });

    const eventId = await relay.accepted();
    await relay.fanOut();

    expect(relay.sender.requests).toEqual([]);
    expect(await relay.outcomes(eventId)).toEqual({
      erp: 'cancelled: endpoint is disabled',
    });
  });

  it('is one that has only failed for five days: its deliveries are cancelled', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    relay.sender.answers.set('erp', UNAVAILABLE);
    const events = await fannedOut(relay, 6);

    for (let quarter = 0; quarter < 5 * 24 * 4 + 4; quarter++) {
      relay.minutes(14);
      await relay.run(1);
    }

    expect(await relay.healthOf('erp')).toMatchObject({
      state: 'disabled',
      reason: 'nothing but failures for 5 days: status 503',
    });
    expect(await relay.owed('attention#erp')).toHaveLength(events.length);
  });
});
