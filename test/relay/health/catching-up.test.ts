import { describe, expect, it } from 'vitest';
import { isUnfinished } from '../../../lib/relay/model/delivery.ts';
import { orderKeyOf } from '../../../lib/relay/model/ids.ts';
import { aRelay, everythingIsWaiting, OK, REFUSED, SOURCE, UNAVAILABLE } from '../a-relay.ts';
import { holdAnswers } from '../deliver/held-answers.ts';
import { fannedOut, withOpenCircuit } from './an-open-circuit.ts';

const orderOf = (id: string) => orderKeyOf(SOURCE, id);

/** An endpoint that has failed four attempts of one delivery, whose fifth is hours away; then it starts to fail. */
async function withDistantRetry() {
  const relay = aRelay();
  relay.endpoint('erp', { ordering: 'none' });
  relay.sender.answers.set('erp', UNAVAILABLE);
  await fannedOut(relay, 1, 'early');
  await relay.run(50);
  const [row] = await relay.rows(orderOf('early0'));
  expect(row).toMatchObject({ attemptCount: 4 });
  expect(await relay.healthOf('erp')).toMatchObject({ state: 'ok', consecutiveFailures: 4 });
  await fannedOut(relay, 1, 'last');
  expect(await relay.healthOf('erp')).toMatchObject({ state: 'failing' });
  relay.sender.requests.length = 0;
  return { relay, nextAttemptAt: row && isUnfinished(row) ? row.nextAttemptAt : undefined };
}

describe('an endpoint that answers again', () => {
  it('gets every delivery that it failed before, whatever their schedules', async () => {
    const { relay } = await withDistantRetry();
    relay.sender.answers.delete('erp');

    await relay.run(2);

    expect(await relay.rows(orderOf('early0'))).toMatchObject([{ state: 'delivered', attemptCount: 5 }]);
    expect(await relay.owed('erp')).toEqual([]);
  });

  it('is ok and unproven, with the time at which it recovered, until that has been done', async () => {
    const relay = withOpenCircuit();
    await fannedOut(relay, 3);
    relay.minutes(1);
    await relay.sweep();
    const erp = holdAnswers(relay, 'erp');
    const running = relay.deliver();
    await everythingIsWaiting();

    await erp.answer(OK);
    const health = await relay.healthOf('erp');
    expect(health).toMatchObject({ state: 'ok', consecutiveFailures: 0, recoveredAt: expect.any(String) });
    expect(health).not.toHaveProperty('provenAt');

    while (erp.inFlight > 0) await erp.answer(OK);
    await running;
    expect(await relay.healthOf('erp')).not.toHaveProperty('recoveredAt');
    expect(await relay.healthOf('erp')).toHaveProperty('provenAt');
  });

  it('gets what was parked oldest first', async () => {
    const relay = withOpenCircuit();
    const parked = await fannedOut(relay, 100);

    relay.draws(() => 0);
    await relay.run(1);

    expect(relay.sender.eventsTo('erp')).toEqual(parked);
  });

  it('gets new events through deliver until it is proven, and inline after that', async () => {
    const relay = withOpenCircuit();
    await fannedOut(relay, 3);
    await relay.run(1);
    relay.sender.requests.length = 0;

    const inline = await relay.accepted();
    await relay.fanOut();

    expect(relay.sender.eventsTo('erp')).toEqual([inline]);
    expect(await relay.outcomes(inline)).toEqual({ erp: 'delivered 200 in 0 ms' });
  });

  it('catches up in the next sweep when the message that continues the service is lost', async () => {
    const { relay } = await withDistantRetry();
    relay.health('erp', { state: 'ok', recoveredAt: relay.clock.now().toISOString(), version: 9 });
    relay.sender.answers.delete('erp');

    await relay.run(1);

    expect(await relay.owed('erp')).toEqual([]);
    expect(await relay.healthOf('erp')).not.toHaveProperty('recoveredAt');
  });
});

describe('an early attempt, of a delivery that the endpoint failed before', () => {
  /** The endpoint answers the probe, and fails everything else. */
  async function withEarlyFailure(answer = UNAVAILABLE) {
    const { relay, nextAttemptAt } = await withDistantRetry();
    const [early] = await relay.rows(orderOf('early0'));
    relay.sender.answers.set('erp', async ({ headers }) =>
      headers['webhook-id'] === early?.eventId ? answer : OK,
    );
    relay.draws(() => 0.99);
    await relay.run(2);
    const [row] = await relay.rows(orderOf('early0'));
    return { relay, row, nextAttemptAt };
  }

  it('does not count when the endpoint fails it, and the schedule stays', async () => {
    const { row, nextAttemptAt } = await withEarlyFailure();

    expect(row).toMatchObject({ state: 'pending', attemptCount: 4, nextAttemptAt });
    expect(row?.attempts).toHaveLength(5);
    expect(row?.dueAt).toEqual(nextAttemptAt);
  });

  it('is made once: the delivery was last attempted after the endpoint had recovered', async () => {
    const { relay, row } = await withEarlyFailure();

    await relay.run(10);

    expect(relay.sender.eventsTo('erp').filter((id) => id === row?.eventId)).toHaveLength(1);
    expect(await relay.healthOf('erp')).not.toHaveProperty('recoveredAt');
  });

  it('counts when the endpoint refuses it', async () => {
    const { row } = await withEarlyFailure(REFUSED);

    expect(row).toMatchObject({ state: 'pending', attemptCount: 5 });
  });
});

describe('an endpoint that fails again while it catches up', () => {
  it('is sent no more once five requests failed, and is probed after a minute', async () => {
    const relay = withOpenCircuit();
    await fannedOut(relay, 100);
    let answers = 0;
    relay.sender.answers.set('erp', async () => (++answers <= 10 ? OK : UNAVAILABLE));

    await relay.run(1);

    const { length } = relay.sender.requests;
    expect(await relay.healthOf('erp')).toMatchObject({ state: 'failing', probeIntervalSeconds: 60 });
    // Up to ten requests were in flight when the endpoint started to fail.
    expect(length).toBeGreaterThanOrEqual(15);
    expect(length).toBeLessThanOrEqual(20);
    await relay.run(1);
    expect(relay.sender.requests.length).toBeLessThanOrEqual(length + 1);
  });

  it('gets all of it in the end', async () => {
    const relay = withOpenCircuit();
    const events = await fannedOut(relay, 40);
    let answers = 0;
    relay.sender.answers.set('erp', async () => (++answers > 5 && answers <= 16 ? UNAVAILABLE : OK));

    await relay.run(120);

    expect(new Set(relay.sender.eventsTo('erp'))).toEqual(new Set(events));
    expect(await relay.owed('erp')).toEqual([]);
  });
});

describe('an endpoint that only asked for a wait', () => {
  it('gets what was parked in the run of its first answer', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    relay.sender.answers.set('erp', { kind: 'answer', status: 503, text: 'busy', retryAfter: '90' });
    const [asked] = await fannedOut(relay, 1);
    const parked = await fannedOut(relay, 8, 'parked');
    expect(relay.sender.requests).toHaveLength(1);
    relay.sender.answers.delete('erp');

    await relay.run(1);
    expect(relay.sender.requests).toHaveLength(1);
    await relay.run(1);

    expect(new Set(relay.sender.eventsTo('erp').slice(1))).toEqual(new Set([asked, ...parked]));
    expect(await relay.healthOf('erp')).toMatchObject({ state: 'ok' });
  });
});

describe('an endpoint that was paused', () => {
  it('gets its backlog in the first service after it is on again', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none', state: 'paused' });
    const events = await fannedOut(relay, 50);
    relay.newEndpoint('erp', { ordering: 'none' });

    await relay.run(1);

    expect(relay.sender.eventsTo('erp')).toEqual(events);
  });
});
