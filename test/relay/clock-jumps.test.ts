import { describe, expect, it } from 'vitest';
import { deliver } from '../../lib/relay/deliver/deliver.ts';
import type { EventId } from '../../lib/relay/model/ids.ts';
import { aRelay, everythingIsWaiting, OK, UNAVAILABLE } from './a-relay.ts';

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
