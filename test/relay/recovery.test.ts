import { describe, expect, it, vi } from 'vitest';
import { type EventId, orderKeyOf } from '../../lib/relay/ids.ts';
import { StoreError } from '../../lib/relay/ports.ts';
import { anEndpointId } from '../ports/builders.ts';
import { aRelay, GONE, SOURCE, UNAVAILABLE } from './a-relay.ts';
import { fannedOut, withOpenCircuit } from './an-open-circuit.ts';

const ERP = anEndpointId('erp');
const orderOf = (id: string) => orderKeyOf(SOURCE, id);

describe('an endpoint that answers again', () => {
  it('gets what was parked oldest first, ten in the first minute and twice as many in each that follows', async () => {
    const relay = withOpenCircuit();
    const parked = await fannedOut(relay, 100);
    relay.draws(() => 0);
    const live: EventId[] = [];
    const perMinute: number[] = [];

    for (let minute = 0; minute < 7; minute++) {
      const before = relay.sender.requests.length;
      live.push(...(await fannedOut(relay, 2, `live-${minute}-`)));
      await relay.run(1);
      perMinute.push(relay.sender.requests.length - before);
    }

    // The probe; then the quotas, with the last one not used up; then live traffic alone.
    expect(perMinute).toEqual([1, 10, 20, 40, 39, 2, 2]);
    expect(relay.sender.eventsTo('erp')).toEqual([...parked, ...live]);
    expect(await relay.healthOf('erp')).toMatchObject({ state: 'closed', consecutiveFailures: 0 });
    expect(await relay.healthOf('erp')).not.toHaveProperty('wakesPerMinute');
  });

  it('gets new events only behind what it missed, and at once again when it has caught up', async () => {
    const relay = withOpenCircuit();
    await fannedOut(relay, 15);
    await relay.run(1);

    const eventId = await relay.accepted();
    await relay.fanOut();
    expect((await relay.event(eventId)).outcomes).toEqual({ erp: 'pending: endpoint is recovering' });
    expect(relay.sender.requests).toHaveLength(1);

    await relay.run(3);
    const before = relay.sender.requests.length;
    await relay.accepted();
    relay.clock.advance(10_000);
    await relay.fanOut();
    expect(before).toBe(16);
    expect(relay.sender.requests).toHaveLength(17);
  });

  it('is left alone anew when it fails again while it catches up', async () => {
    const relay = withOpenCircuit();
    await fannedOut(relay, 100);
    await relay.run(1);
    relay.sender.answers.set('erp', UNAVAILABLE);

    await relay.run(1);

    expect(await relay.healthOf('erp')).toMatchObject({ state: 'open' });
    expect(relay.sender.requests.length).toBeLessThanOrEqual(11);
    await relay.run(1);
    expect(relay.sender.requests.length).toBeLessThanOrEqual(12);
  });

  it('gets all at once when it had only asked to be left alone for a while', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    relay.sender.answers.set('erp', { kind: 'answer', status: 503, text: 'busy', retryAfter: '90' });
    await fannedOut(relay, 1);
    const parked = await fannedOut(relay, 8, 'parked');
    expect(relay.sender.requests).toHaveLength(1);
    relay.sender.answers.delete('erp');

    await relay.run(1);
    expect(relay.sender.requests).toHaveLength(1);
    // What sweep had chosen for a probe, when another was faster, is given two minutes.
    await relay.run(4);

    expect(relay.sender.eventsTo('erp')).toEqual(expect.arrayContaining(parked));
    expect(await relay.healthOf('erp')).toMatchObject({ state: 'closed' });
  });

  it('gets a pause’s backlog little by little as well', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none', state: 'paused' });
    await fannedOut(relay, 50);
    relay.newEndpoint('erp', { ordering: 'none' });
    const perMinute: number[] = [];

    for (let minute = 0; minute < 4; minute++) {
      const before = relay.sender.requests.length;
      await relay.run(1);
      perMinute.push(relay.sender.requests.length - before);
    }

    expect(perMinute).toEqual([10, 20, 20, 0]);
    expect(await relay.healthOf('erp')).toMatchObject({ state: 'closed' });
  });
});

describe('an endpoint that is gone for good', () => {
  it('is disabled at its first 410, and what it is owed is cancelled and listed', async () => {
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

    const reason = 'endpoint is disabled: it answered 410: gone for good';
    expect(relay.sender.requests).toHaveLength(2);
    expect(await relay.rows(orderOf('pending0'))).toMatchObject([{ state: 'cancelled', reason }]);
    expect(await relay.owed('attention#erp')).toMatchObject([{ eventId: pending }, { eventId: refused }]);
    expect(await relay.owed('erp')).toEqual([]);
  });

  it('is sent nothing that comes later, which its outcome says', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    relay.health('erp', { state: 'disabled', reason: 'it answered 410: gone for good' });

    const eventId = await relay.accepted();
    await relay.fanOut();

    expect(relay.sender.requests).toEqual([]);
    expect((await relay.event(eventId)).outcomes).toEqual({
      erp: 'cancelled: endpoint is disabled: it answered 410: gone for good',
    });
  });

  it('is one that has failed for five days: then what is owed to it is cancelled', async () => {
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

describe('an endpoint’s health row', () => {
  it('is not written when all goes well', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    const write = vi.spyOn(relay.configTable, 'updateHealth');

    await fannedOut(relay, 10);

    expect(write).not.toHaveBeenCalled();
  });

  it('is written once per endpoint and run, however many of its attempts failed', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    relay.endpoint('shop', { ordering: 'none' });
    relay.sender.answers.set('erp', UNAVAILABLE);
    relay.sender.answers.set('shop', UNAVAILABLE);
    const write = vi.spyOn(relay.configTable, 'updateHealth');

    await fannedOut(relay, 10);

    expect(write.mock.calls.map(([id]) => id).sort()).toEqual(['erp', 'shop']);
  });

  it('fails no delivery when it cannot be written', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    relay.sender.answers.set('erp', UNAVAILABLE);
    vi.spyOn(relay.configTable, 'updateHealth').mockRejectedValue(new StoreError('throttled'));

    const eventId = await relay.accepted();
    expect(await relay.fanOut()).toEqual([]);

    expect((await relay.event(eventId)).outcomes).toEqual({ erp: 'pending: 503 in 0 ms' });
    relay.sender.answers.delete('erp');
    relay.clock.advance(6_000);
    expect(await relay.deliver()).toEqual([]);
    expect(await relay.rows()).toMatchObject([{ state: 'delivered' }]);
    expect(relay.telemetry.log).toContainEqual(
      expect.objectContaining({ level: 'error', message: 'health could not be written' }),
    );
  });

  it('keeps what two functions have seen at the same time', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    const [one, other] = [relay.another(), relay.another()];
    await Promise.all([one.config.endpoints(), other.config.endpoints()]);
    const failure = { at: relay.clock.now(), durationMs: 20, status: 500 };

    for (const each of [one, other, one, other, one, other]) each.config.health.observe(ERP, failure);
    await Promise.all([one.config.health.flush(), other.config.health.flush()]);

    expect(await relay.healthOf('erp')).toMatchObject({ state: 'open', consecutiveFailures: 6 });
  });

  it('is made before the first row that is owed to a new endpoint, for sweep to find it by', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp');
    const put = vi.spyOn(relay.eventLog, 'putDeliveryIfAbsent').mockImplementation(async () => {
      expect(await relay.healthOf('erp')).toMatchObject({ state: 'closed', version: 1 });
      return true;
    });

    await relay.accepted();
    await relay.fanOut();

    expect(put).toHaveBeenCalledOnce();
  });
});
