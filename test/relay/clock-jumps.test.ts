import { describe, expect, it } from 'vitest';
import { deliver } from '../../lib/relay/deliver/deliver.ts';
import { type EndpointId, type EventId, eventTime } from '../../lib/relay/model/ids.ts';
import { aRelay, everythingIsWaiting, OK, REFUSED, UNAVAILABLE } from './a-relay.ts';

const HOUR_MS = 3_600_000;
const JUMPS: [string, number][] = [
  ['back an hour', -HOUR_MS],
  ['forward a day', 24 * HOUR_MS],
];

describe.each(JUMPS)('a clock that jumps %s', (_, jumpMs) => {
  it('leaves the ids of an order in order', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'strict' });
    const ids: EventId[] = [];
    for (let n = 0; n < 5; n++) {
      ids.push(await relay.accepted());
      relay.clock.jump(n % 2 === 0 ? jumpMs : -jumpMs);
    }

    await relay.run(1);

    expect(ids).toEqual([...ids].sort());
    expect(new Set(ids).size).toBe(5);
    expect(relay.sender.eventsTo('erp')).toEqual(ids);
  });

  it('loses nothing that is pending', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    relay.sender.answers.set('erp', UNAVAILABLE);
    const before = await relay.accepted({ Id: 'before' });
    await relay.fanOut();
    relay.clock.jump(jumpMs);
    relay.sender.answers.delete('erp');
    const since = await relay.accepted({ Id: 'since' });

    await relay.run(90);

    expect(new Set(relay.sender.eventsTo('erp'))).toEqual(new Set([before, since]));
    expect(relay.eventLog.allOwed()).toEqual([]);
  });

  it('loses nothing whose message was lost', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    const eventId = await relay.accepted();
    relay.eventQueue.take();
    relay.clock.jump(jumpMs);

    await relay.run(90);

    expect(relay.sender.eventsTo('erp')).toEqual([eventId]);
  });

  it('lets the lease of a function that died end', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp');
    const eventId = await relay.accepted();
    await relay.fanOut();
    relay.sender.answers.set('erp', () => new Promise(() => {}));
    void deliver(relay.another(), relay.deliveryQueue.take(), relay.deadline());
    await everythingIsWaiting();
    relay.sender.answers.set('erp', OK);
    relay.clock.jump(jumpMs);

    await relay.run(90);

    expect(relay.sender.eventsTo('erp')).toEqual([eventId, eventId]);
    expect(await relay.rows()).toMatchObject([{ state: 'delivered' }]);
    expect(relay.eventLog.allOwed()).toEqual([]);
  });

  it('lets an open circuit be probed', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    relay.sender.answers.set('erp', UNAVAILABLE);
    for (let n = 0; n < 5; n++) await relay.accepted({ Id: `${n}` });
    await relay.fanOut();
    relay.sender.answers.delete('erp');
    relay.clock.jump(jumpMs);

    await relay.run(90);

    expect(await relay.healthOf('erp')).toMatchObject({ state: 'ok' });
    expect(relay.eventLog.allOwed()).toEqual([]);
  });

  it('changes nothing about the time that a function has', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    const eventId = await relay.accepted();
    const deadline = relay.deadline();

    relay.clock.jump(jumpMs);

    expect(deadline.remainingMs).toBe(120_000);
    await relay.fanOut();
    expect(relay.sender.eventsTo('erp')).toEqual([eventId]);
  });
});

describe('a clock that jumps a year ahead and back', () => {
  const YEAR_MS = 365 * 24 * HOUR_MS;
  /** The longest probe interval, and the sweep that corrects due times. */
  const SETTLED_WITHIN_MINUTES = 30;

  /** A relay whose clock is a year ahead. */
  function aYearAhead() {
    const relay = aRelay();
    relay.clock.jump(YEAR_MS);
    return { relay, back: () => relay.clock.jump(-YEAR_MS) };
  }

  it('leaves no retry for next year', async () => {
    const { relay, back } = aYearAhead();
    relay.endpoint('erp');
    relay.sender.answers.set('erp', UNAVAILABLE);
    const eventId = await relay.accepted();
    await relay.fanOut();
    relay.clock.advance(6_000);
    await relay.deliver();
    relay.deliveryQueue.take();
    relay.sender.answers.delete('erp');
    back();

    await relay.run(SETTLED_WITHIN_MINUTES);

    expect(await relay.rows()).toMatchObject([{ eventId, state: 'delivered' }]);
    expect(relay.eventLog.allOwed()).toEqual([]);
  });

  it('leaves no debounced delivery for next year', async () => {
    const { relay, back } = aYearAhead();
    relay.endpoint('erp', { debounceSeconds: 60 });
    const eventId = await relay.accepted();
    back();

    await relay.fanOut();
    await relay.run(3);

    expect(relay.sender.eventsTo('erp')).toEqual([eventId]);
  });

  it('leaves no event for next year whose message was lost', async () => {
    const { relay, back } = aYearAhead();
    relay.endpoint('erp');
    const eventId = await relay.accepted();
    relay.eventQueue.take();
    back();

    await relay.run(SETTLED_WITHIN_MINUTES);

    expect(relay.sender.eventsTo('erp')).toEqual([eventId]);
  });

  it('leaves no lease until next year', async () => {
    const { relay, back } = aYearAhead();
    relay.newEndpoint('erp');
    await relay.accepted();
    await relay.fanOut();
    relay.sender.answers.set('erp', () => new Promise(() => {}));
    void deliver(relay.another(), relay.deliveryQueue.take(), relay.deadline());
    await everythingIsWaiting();
    relay.sender.answers.set('erp', OK);
    back();

    await relay.run(SETTLED_WITHIN_MINUTES);

    expect(await relay.rows()).toMatchObject([{ state: 'delivered' }]);
    expect(relay.eventLog.allOwed()).toEqual([]);
  });

  it('leaves no circuit open until next year', async () => {
    const { relay, back } = aYearAhead();
    relay.endpoint('erp', { ordering: 'none' });
    relay.sender.answers.set('erp', UNAVAILABLE);
    for (let n = 0; n < 5; n++) await relay.accepted({ Id: `${n}` });
    await relay.fanOut();
    relay.sender.answers.delete('erp');
    back();

    await relay.run(SETTLED_WITHIN_MINUTES);

    const health = await relay.healthOf('erp');
    expect(health).toMatchObject({ state: 'ok', consecutiveFailures: 0 });
    expect(health).not.toHaveProperty('failingSince');
    expect(String(health.lastSuccessAt)).toMatch(/^2026-/);
    expect(relay.eventLog.allOwed()).toEqual([]);
  });

  it('leaves no endpoint slow or busy until next year', async () => {
    const { relay, back } = aYearAhead();
    relay.newEndpoint('erp', { ordering: 'none' });
    const inAYear = relay.clock.now().toISOString();
    relay.health('erp', { state: 'ok', slowUntil: inAYear, busyUntil: inAYear, version: 1 });
    back();

    await relay.accepted({ Id: '1' });
    await relay.run(1);
    await relay.accepted({ Id: '2' });
    await relay.run(1);

    const health = await relay.healthOf('erp');
    expect(relay.sender.to('erp')).toHaveLength(2);
    expect(health).not.toHaveProperty('slowUntil');
    expect(health).not.toHaveProperty('busyUntil');
    expect(health).toHaveProperty('provenAt');
  });

  it('leaves no wait until next year in a function that was asked for it', async () => {
    const { relay, back } = aYearAhead();
    relay.endpoint('erp', { ordering: 'none' });
    relay.sender.answers.set('erp', { kind: 'answer', status: 429, text: 'busy', retryAfter: '5' });
    await relay.accepted();
    await relay.fanOut();
    back();
    relay.clock.advance(20_000);
    const until = new Date(relay.clock.now().getTime() + 30_000).toISOString();
    relay.health('erp', { state: 'ok', busyUntil: until, version: 9 });
    await relay.config.endpoints(true);

    // Another function was asked for 30 s since.
    expect(relay.config.healthRecorder.waitMs('erp' as EndpointId)).toBe(32_000);
  });

  it('leaves no endpoint refusing until next year', async () => {
    const { relay, back } = aYearAhead();
    relay.endpoint('erp', { ordering: 'none' });
    relay.sender.answers.set('erp', REFUSED);
    for (let n = 0; n < 5; n++) await relay.accepted({ Id: `${n}` });
    await relay.fanOut();
    relay.sender.answers.delete('erp');
    back();
    relay.minutes(1);

    await relay.accepted({ Id: 'since' });
    await relay.fanOut();

    expect(await relay.healthOf('erp')).not.toHaveProperty('refusedOrders');
  });

  it('leaves no event quarantined until next year', async () => {
    const { relay, back } = aYearAhead();
    relay.endpoint('erp');
    const eventId = await relay.accepted();
    const inAYear = relay.clock.now();
    await relay.eventLog.recordFanOutAttempt(await relay.event(eventId), {
      fanOutAttempts: 5,
      quarantinedUntil: inAYear,
      dueAt: inAYear,
    });
    relay.eventQueue.take();
    back();

    await relay.run(SETTLED_WITHIN_MINUTES);

    expect(relay.sender.eventsTo('erp')).toEqual([eventId]);
  });

  it('leaves no delivery to a removed endpoint until next year', async () => {
    const { relay, back } = aYearAhead();
    relay.newEndpoint('erp', { state: 'paused' });
    await relay.accepted();
    await relay.fanOut();
    await relay.configTable.remove('endpoint', 'erp');
    back();

    await relay.run(SETTLED_WITHIN_MINUTES);

    expect(await relay.rows()).toMatchObject([{ state: 'cancelled' }]);
    expect(await relay.owed('erp')).toEqual([]);
  });

  it('gives the next events of an order ids of next year, each greater than the one before', async () => {
    const { relay, back } = aYearAhead();
    relay.endpoint('erp', { ordering: 'strict' });
    const ahead = await relay.accepted();
    back();
    const since = [await relay.accepted(), await relay.accepted()];

    await relay.run(SETTLED_WITHIN_MINUTES);

    expect(since.map((id) => eventTime(id).getTime())).toEqual(
      [1, 2].map((n) => eventTime(ahead).getTime() + n),
    );
    expect(relay.sender.eventsTo('erp')).toEqual([ahead, ...since]);
  });
});
