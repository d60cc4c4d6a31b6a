import { describe, expect, it, vi } from 'vitest';
import { deliver } from '../../lib/relay/deliver.ts';
import { type EventId, orderKeyOf } from '../../lib/relay/ids.ts';
import { StoreError } from '../../lib/relay/ports.ts';
import { anEndpointId } from '../ports/builders.ts';
import { aRelay, GONE, OK, REFUSED, SOURCE, UNAVAILABLE } from './a-relay.ts';

type ARelay = ReturnType<typeof aRelay>;
const ERP = anEndpointId('erp');

/** A relay whose endpoint `erp` has an open circuit, with a probe due in a minute. */
function withOpenCircuit(): ARelay {
  const relay = aRelay();
  relay.endpoint('erp', { ordering: 'none' });
  relay.health('erp', {
    state: 'open',
    reason: '5 failures in a row: status 503',
    provenAt: relay.clock.now().toISOString(),
    consecutiveFailures: 5,
    failingSince: relay.clock.now().toISOString(),
    retryAt: new Date(relay.clock.now().getTime() + 60_000).toISOString(),
    probeIntervalSeconds: 60,
    version: 1,
  });
  return relay;
}

/** Events of as many orders, fanned out. */
async function fannedOut(relay: ARelay, count: number, prefix = 'o'): Promise<EventId[]> {
  const ids: EventId[] = [];
  for (let n = 0; n < count; n++) ids.push(await relay.accepted({ Id: `${prefix}${n}` }));
  await relay.fanOut();
  return ids;
}

const orderOf = (id: string) => orderKeyOf(SOURCE, id);

describe('an endpoint that stops answering', () => {
  it('opens its circuit with five orders that failed in one run, and is sent no sixth', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    relay.sender.answers.set('erp', UNAVAILABLE);

    await fannedOut(relay, 5);
    await fannedOut(relay, 5, 'later');

    expect(relay.sender.requests).toHaveLength(5);
    expect(await relay.healthOf('erp')).toMatchObject({ state: 'open', consecutiveFailures: 5 });
    expect(relay.telemetry.counts.get('CircuitsOpened')).toBe(1);
  });

  it('rings for nobody when it only asks to be left alone for a moment', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    relay.sender.answers.set('erp', { kind: 'answer', status: 429, text: 'busy', retryAfter: '30' });

    await fannedOut(relay, 1);

    expect(await relay.healthOf('erp')).toMatchObject({ state: 'open' });
    expect(relay.telemetry.counts.get('CircuitsOpened')).toBeUndefined();
  });

  it('rings once when it fails again and again after it had asked for that', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    relay.sender.answers.set('erp', { kind: 'answer', status: 503, text: 'busy', retryAfter: '30' });
    await fannedOut(relay, 2);

    await relay.run(60);

    expect(relay.telemetry.counts.get('CircuitsOpened')).toBe(1);
  });

  it('is sent no more within the very run in which it failed, for its health is kept up to date', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    relay.sender.answers.set('erp', UNAVAILABLE);
    for (let n = 0; n < 8; n++) await relay.accepted({ Id: '1' });

    await relay.fanOut();

    expect(relay.sender.requests).toHaveLength(5);
  });

  it('does so by 5xx, 429 and silence alone: one order’s bad payload opens nothing', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    relay.sender.answers.set('erp', REFUSED);

    await fannedOut(relay, 20);

    expect(await relay.healthOf('erp')).toMatchObject({ state: 'closed' });
    relay.sender.answers.delete('erp');
    const [next] = await fannedOut(relay, 1, 'next');
    expect(relay.sender.eventsTo('erp').at(-1)).toBe(next);
  });

  it('takes no other endpoint with it', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    relay.endpoint('shop', { ordering: 'none' });
    relay.sender.answers.set('erp', UNAVAILABLE);

    await fannedOut(relay, 10);
    await fannedOut(relay, 10, 'later');

    expect(relay.sender.to('shop')).toHaveLength(20);
    expect((await relay.healthOf('shop')).state).toBe('closed');
  });
});

describe('an open circuit', () => {
  it('parks what is new: no request, no attempt used up, no message, and an outcome that says why', async () => {
    const relay = withOpenCircuit();

    const eventId = await relay.accepted();
    await relay.fanOut();

    expect(relay.sender.requests).toEqual([]);
    expect(relay.deliveryQueue.take()).toEqual([]);
    expect(await relay.rows()).toMatchObject([
      { eventId, state: 'pending', attemptCount: 0, attempts: [], reason: 'circuit is open' },
    ]);
    expect((await relay.event(eventId)).outcomes).toEqual({ erp: 'pending: circuit is open' });
  });

  it('is left alone by deliver, whoever wakes it', async () => {
    const relay = withOpenCircuit();
    const eventId = await relay.accepted();
    await relay.fanOut();
    const [row] = await relay.rows();
    if (row === undefined) throw new Error('there should be a row');

    await deliver(relay.relay, [row], relay.deadline());

    expect(relay.sender.requests).toEqual([]);
    expect(await relay.rows()).toMatchObject([{ eventId, state: 'pending', attemptCount: 0 }]);
  });

  it('is not probed while its endpoint is paused', async () => {
    const relay = withOpenCircuit();
    await relay.accepted();
    await relay.fanOut();
    const [row] = await relay.rows();
    if (row === undefined) throw new Error('there should be a row');
    relay.newEndpoint('erp', { state: 'paused' });
    relay.minutes(2);

    await deliver(relay.relay, [row], relay.deadline());

    expect(relay.sender.requests).toEqual([]);
  });

  it('wakes nothing before a probe is due', async () => {
    const relay = withOpenCircuit();
    await fannedOut(relay, 3);

    relay.clock.advance(59_000);
    await relay.sweep();

    expect(relay.deliveryQueue.take()).toEqual([]);
  });

  it.each([
    [0, 0],
    [0.5, 2],
    [0.99, 3],
  ])('is probed with any of those that wait, as chance has it: %d', async (draw, index) => {
    const relay = withOpenCircuit();
    const events = await fannedOut(relay, 4);

    relay.draws(() => draw);
    await relay.run(1);

    expect(relay.sender.eventsTo('erp')).toEqual([events[index]]);
  });

  it('is probed once it is time, with one delivery however many wait', async () => {
    const relay = withOpenCircuit();
    relay.sender.answers.set('erp', UNAVAILABLE);
    await fannedOut(relay, 30);

    await relay.run(1);
    expect(relay.sender.requests).toHaveLength(1);
    await relay.run(1);
    expect(relay.sender.requests).toHaveLength(2);
  });

  it('is probed by one of two functions that are woken for the same purpose', async () => {
    const relay = withOpenCircuit();
    relay.sender.answers.set('erp', UNAVAILABLE);
    await fannedOut(relay, 2);
    relay.minutes(2);
    const keys = (await Promise.all([relay.rows(orderOf('o0')), relay.rows(orderOf('o1'))])).flat();

    await Promise.all(
      keys.map((key) => {
        const each = relay.another();
        return deliver(each, [key], relay.deadline());
      }),
    );

    expect(keys).toHaveLength(2);
    expect(relay.sender.requests).toHaveLength(1);
  });

  it('uses up no attempt for a probe that fails, but shows it in the row', async () => {
    const relay = withOpenCircuit();
    relay.sender.answers.set('erp', UNAVAILABLE);
    await relay.accepted();
    await relay.fanOut();

    await relay.run(1);

    const [row] = await relay.rows();
    expect(row).toMatchObject({
      state: 'pending',
      attemptCount: 0,
      attempts: [{ status: 503, at: relay.clock.now() }],
      reason: 'circuit is open',
    });
    expect(row).not.toHaveProperty('leaseId');
    expect(row).not.toHaveProperty('nextAttemptAt');
    expect(await relay.owed('erp')).toHaveLength(1);
  });

  it('keeps a delivery alive however long the outage: it dies of its own failures only', async () => {
    const relay = withOpenCircuit();
    relay.sender.answers.set('erp', UNAVAILABLE);
    await fannedOut(relay, 1, '1');

    await relay.run(24 * 60);

    expect(relay.sender.requests.length).toBeGreaterThan(90);
    const [row] = await relay.rows(orderOf('10'));
    expect(row).toMatchObject({ state: 'pending', attemptCount: 0 });
    expect(row?.attempts).toHaveLength(10);
  });

  it('takes another delivery for each probe, so one poisonous payload does not keep it open', async () => {
    const relay = withOpenCircuit();
    const events = await fannedOut(relay, 4);
    const [poison] = events;
    relay.sender.answers.set('erp', async ({ headers }) =>
      headers['webhook-id'] === poison ? UNAVAILABLE : OK,
    );

    relay.draws(() => 0);
    await relay.run(1);
    expect(relay.sender.eventsTo('erp')).toEqual([poison]);
    await relay.run(1);
    expect(relay.sender.eventsTo('erp')).toHaveLength(2);
    expect(relay.sender.eventsTo('erp')[1]).not.toBe(poison);
    await relay.run(2);
    expect(new Set(relay.sender.eventsTo('erp'))).toEqual(new Set(events));
  });

  it('is probed ever more rarely, but every 15 minutes at least', async () => {
    const relay = withOpenCircuit();
    const probes: number[] = [];
    relay.sender.answers.set('erp', async () => {
      probes.push(relay.clock.now().getTime());
      return UNAVAILABLE;
    });
    await fannedOut(relay, 3);

    await relay.run(120);

    const minutesBetween = probes.slice(1).map((at, n) => Math.round((at - (probes[n] ?? at)) / 60_000));
    expect(minutesBetween.slice(0, 4)).toEqual([1, 2, 4, 8]);
    expect(new Set(minutesBetween.slice(4))).toEqual(new Set([15]));
  });

  it('is probed with the next event when nothing was parked', async () => {
    const relay = withOpenCircuit();
    relay.minutes(60);

    const eventId = await relay.accepted();
    await relay.fanOut();
    await relay.run(1);

    expect(relay.sender.eventsTo('erp')).toEqual([eventId]);
    expect((await relay.event(eventId)).outcomes).toEqual({ erp: 'delivered 200 in 0 ms' });
  });
});

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
