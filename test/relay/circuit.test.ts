import { describe, expect, it } from 'vitest';
import { deliver } from '../../lib/relay/deliver.ts';
import { orderKeyOf } from '../../lib/relay/ids.ts';
import { aRelay, OK, REFUSED, SOURCE, UNAVAILABLE } from './a-relay.ts';
import { fannedOut, withOpenCircuit } from './an-open-circuit.ts';

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
