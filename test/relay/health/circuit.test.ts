import { describe, expect, it } from 'vitest';
import { deliver } from '../../../lib/relay/deliver/deliver.ts';
import { orderKeyOf } from '../../../lib/relay/model/ids.ts';
import { aRelay, OK, REFUSED, SOURCE, UNAVAILABLE } from '../a-relay.ts';
import { fannedOut, withOpenCircuit } from './an-open-circuit.ts';

const orderOf = (id: string) => orderKeyOf(SOURCE, id);

describe('an endpoint that stops answering', () => {
  it('is failing after five orders failed in one run, and gets no sixth', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    relay.sender.answers.set('erp', UNAVAILABLE);

    await fannedOut(relay, 5);
    await fannedOut(relay, 5, 'later');

    expect(relay.sender.requests).toHaveLength(5);
    expect(await relay.healthOf('erp')).toMatchObject({ state: 'failing', consecutiveFailures: 5 });
    expect(relay.telemetry.counts.get('CircuitsOpened')).toBe(1);
  });

  it('raises no alarm when it only asks for a short wait', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    relay.sender.answers.set('erp', { kind: 'answer', status: 429, text: 'busy', retryAfter: '30' });

    await fannedOut(relay, 1);

    const at = relay.clock.now().getTime();
    expect(await relay.healthOf('erp')).toMatchObject({ state: 'ok', consecutiveFailures: 0 });
    expect(await relay.healthOf('erp')).toMatchObject({ busyUntil: new Date(at + 30_000).toISOString() });
    expect(relay.telemetry.counts.get('CircuitsOpened')).toBeUndefined();
  });

  it('raises one alarm when it keeps asking for a wait', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    relay.sender.answers.set('erp', { kind: 'answer', status: 503, text: 'busy', retryAfter: '90' });
    await fannedOut(relay, 2);

    await relay.run(60);

    expect(relay.telemetry.counts.get('CircuitsOpened')).toBe(1);
  });

  it('gets no more requests in the run in which it failed', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    relay.sender.answers.set('erp', UNAVAILABLE);
    for (let n = 0; n < 8; n++) await relay.accepted({ Id: '1' });

    await relay.fanOut();

    expect(relay.sender.requests).toHaveLength(5);
  });

  it('stays ok while it refuses payloads with 4xx', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    relay.sender.answers.set('erp', REFUSED);

    await fannedOut(relay, 20);

    expect(await relay.healthOf('erp')).toMatchObject({ state: 'ok' });
    relay.sender.answers.delete('erp');
    const [next] = await fannedOut(relay, 1, 'next');
    expect(relay.sender.eventsTo('erp').at(-1)).toBe(next);
  });

  it('leaves the other endpoints’ health as it is', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    relay.endpoint('shop', { ordering: 'none' });
    relay.sender.answers.set('erp', UNAVAILABLE);

    await fannedOut(relay, 10);
    await fannedOut(relay, 10, 'later');

    expect(relay.sender.to('shop')).toHaveLength(20);
    expect((await relay.healthOf('shop')).state).toBe('ok');
  });
});

describe('an endpoint that is failing', () => {
  it('has new events parked: no request, no attempt, no message, and an outcome that says why', async () => {
    const relay = withOpenCircuit();

    const eventId = await relay.accepted();
    await relay.fanOut();

    expect(relay.sender.requests).toEqual([]);
    expect(relay.deliveryQueue.take()).toEqual([]);
    expect(await relay.rows()).toMatchObject([
      { eventId, state: 'pending', attemptCount: 0, attempts: [], reason: 'endpoint-failing' },
    ]);
    expect(await relay.outcomes(eventId)).toEqual({ erp: 'pending: endpoint is failing' });
  });

  it('gets no request from deliver before a probe is due', async () => {
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

  it('gets no message from sweep before a probe is due', async () => {
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
  ])('is probed with a random one of the deliveries that wait: %d', async (draw, index) => {
    const relay = withOpenCircuit();
    relay.sender.answers.set('erp', UNAVAILABLE);
    const events = await fannedOut(relay, 4);

    relay.draws(() => draw);
    await relay.run(1);

    expect(relay.sender.eventsTo('erp')).toEqual([events[index]]);
  });

  it('is probed with one delivery, however many wait', async () => {
    const relay = withOpenCircuit();
    relay.sender.answers.set('erp', UNAVAILABLE);
    await fannedOut(relay, 30);

    await relay.run(1);
    expect(relay.sender.requests).toHaveLength(1);
    await relay.run(1);
    expect(relay.sender.requests).toHaveLength(2);
  });

  it('is probed by one of two functions that receive messages at the same time', async () => {
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

  it('does not count a probe that fails as an attempt, but shows it in the row', async () => {
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
      reason: 'endpoint-failing',
    });
    expect(row).not.toHaveProperty('leaseId');
    expect(row).not.toHaveProperty('nextAttemptAt');
    expect(await relay.owed('erp')).toHaveLength(1);
  });

  it('keeps a delivery pending, however long the outage lasts', async () => {
    const relay = withOpenCircuit();
    relay.sender.answers.set('erp', UNAVAILABLE);
    await fannedOut(relay, 1, '1');

    await relay.run(24 * 60);

    expect(relay.sender.requests.length).toBeGreaterThan(90);
    const [row] = await relay.rows(orderOf('10'));
    expect(row).toMatchObject({ state: 'pending', attemptCount: 0 });
    expect(row?.attempts).toHaveLength(10);
  });

  it('is probed with another delivery each time, so one payload that it fails on does not keep it failing', async () => {
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

    expect(relay.sender.eventsTo('erp')[1]).not.toBe(poison);
    expect(new Set(relay.sender.eventsTo('erp').slice(1))).toEqual(new Set(events));
    expect(await relay.healthOf('erp')).toMatchObject({ state: 'ok', consecutiveFailures: 1 });
  });

  it('is probed after 1, 2, 4 and 8 minutes, then every 15 minutes', async () => {
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
    expect(await relay.outcomes(eventId)).toEqual({ erp: 'delivered 200 in 0 ms' });
  });
});
