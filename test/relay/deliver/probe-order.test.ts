import { describe, expect, it } from 'vitest';
import { after } from '../../../lib/relay/model/clock.ts';
import { isUnfinished } from '../../../lib/relay/model/delivery.ts';
import { aRelay, everythingIsWaiting, OK, UNAVAILABLE } from '../a-relay.ts';
import { type ARelay, fannedOut } from '../health/an-open-circuit.ts';
import { holdAnswers } from './held-answers.ts';

/** Makes the endpoint failing, with a probe due in a minute. */
function fails(relay: ARelay): void {
  const now = relay.clock.now();
  relay.health('erp', {
    state: 'failing',
    consecutiveFailures: 5,
    failingSince: now.toISOString(),
    retryAt: new Date(now.getTime() + 60_000).toISOString(),
    probeIntervalSeconds: 60,
    version: 1,
  });
}

describe('a probe of an endpoint ordered `strict`', () => {
  /** The order's first delivery waits hours for its next attempt, and two more wait behind it. */
  async function withWaitingHead() {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'strict' });
    relay.sender.answers.set('erp', UNAVAILABLE);
    const head = await relay.accepted();
    await relay.fanOut();
    await relay.run(45);
    const second = await relay.accepted();
    const third = await relay.accepted();
    await relay.fanOut();
    relay.sender.requests.length = 0;
    fails(relay);
    return { relay, head, second, third };
  }

  it('sends the oldest of the order, whatever its own next attempt and whichever delivery sweep drew', async () => {
    const { relay, head } = await withWaitingHead();
    const [row] = await relay.rows();
    expect(row && isUnfinished(row) && row.nextAttemptAt?.getTime()).toBeGreaterThan(
      relay.clock.now().getTime() + 60 * 60_000,
    );

    relay.draws(() => 0.99);
    await relay.run(1);

    expect(relay.sender.eventsTo('erp')).toEqual([head]);
  });

  it('sends one request alone when it fails', async () => {
    const { relay } = await withWaitingHead();

    await relay.run(1);

    expect(relay.sender.requests).toHaveLength(1);
    expect((await relay.rows()).map(({ state }) => state)).toEqual(['pending', 'pending', 'pending']);
  });

  it('is followed by the rest of the order when it succeeds', async () => {
    const { relay, head, second, third } = await withWaitingHead();
    relay.sender.answers.set('erp', OK);

    await relay.run(1);

    expect(relay.sender.eventsTo('erp')).toEqual([head, second, third]);
  });
});

describe('a probe of an endpoint ordered `latest`', () => {
  it('sends the newest of the order and supersedes the older ones', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    fails(relay);
    const older = await relay.accepted();
    const newest = await relay.accepted();
    await relay.fanOut();
    relay.sender.answers.set('erp', UNAVAILABLE);

    relay.draws(() => 0);
    await relay.run(1);

    expect(relay.sender.eventsTo('erp')).toEqual([newest]);
    expect(await relay.outcomes(older)).toEqual({ erp: 'superseded: a newer event took its place' });
    expect(await relay.rows()).toMatchObject([
      { state: 'superseded' },
      { state: 'pending', attemptCount: 0 },
    ]);
  });
});

describe('a probe', () => {
  it('starts only once the requests in flight have ended', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp', { ordering: 'none' });
    await fannedOut(relay, 20);
    const inFlightUntil = after(relay.clock.now(), 10_000).toISOString();
    relay.health('erp', { state: 'ok', inFlightLimit: 3, inFlightUntil, version: 1 });
    relay.clock.advance(6_000);
    const erp = holdAnswers(relay, 'erp');
    const running = relay.deliver();
    await everythingIsWaiting();
    expect(erp.inFlight).toBe(3);

    // Another function found the endpoint failing, and this one reads so when its copy of the config is too old.
    const retryAt = relay.clock.now().toISOString();
    const failing = { state: 'failing', consecutiveFailures: 5, retryAt, probeIntervalSeconds: 60 };
    relay.health('erp', { ...(await relay.healthOf('erp')), ...failing });
    relay.clock.advance(5_000);
    await erp.answer(UNAVAILABLE, 1);
    expect(erp.inFlight).toBe(2);
    await erp.answer(UNAVAILABLE, 1);
    expect(erp.inFlight).toBe(1);
    expect(relay.sender.requests).toHaveLength(3);

    await erp.answer(UNAVAILABLE, 1);
    expect(relay.sender.requests).toHaveLength(4);
    await erp.answer(UNAVAILABLE);
    await running;
    expect(relay.sender.requests).toHaveLength(4);
  });

  it('takes the next delivery when the first one turns out to need no request', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    fails(relay);
    const [forgotten, next] = await fannedOut(relay, 2);
    const [row] = (await relay.owed('erp')).slice(0, 1);
    if (row === undefined || forgotten === undefined) throw new Error('there should be a delivery');
    await relay.eventLog.noteForgotten(row);
    await relay.eventLog.erasePayload(row);

    relay.draws(() => 0);
    await relay.run(1);

    expect(relay.sender.eventsTo('erp')).toEqual([next]);
    expect(await relay.healthOf('erp')).toMatchObject({ state: 'ok' });
  });

  it('releases the deliveries that wait once it succeeds, within the same run', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    fails(relay);
    const events = await fannedOut(relay, 30);

    relay.draws(() => 0.5);
    await relay.run(1);

    expect(relay.sender.eventsTo('erp').toSorted()).toEqual(events);
    expect(relay.sender.eventsTo('erp')[0]).toBe(events[15]);
  });
});
