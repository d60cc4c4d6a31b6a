import { describe, expect, it } from 'vitest';
import { type EventId, orderKeyOf } from '../../../lib/relay/model/ids.ts';
import { aRelay, SOURCE } from '../a-relay.ts';
import { outcomeTexts } from '../outcome-texts.ts';
import { heal, poison, receive } from './failing-fan-out.ts';

describe('an event that was quarantined', () => {
  it('is late for an endpoint ordered `strict`, and its outcome says so', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'strict' });
    const bad = await relay.accepted();
    poison(relay, bad);
    const next = await relay.accepted();
    await receive(relay, relay.eventQueue.take(), 6);
    await relay.deliver();
    heal();

    await relay.run(3);

    expect(relay.sender.eventsTo('erp')).toEqual([next, bad]);
    expect(await relay.outcomes(bad)).toEqual({ erp: expect.stringMatching(/^delivered .*, late$/) });
    expect(await relay.outcomes(next)).toEqual({ erp: expect.not.stringContaining('late') });
  });

  it('is marked as late in its row, too', async () => {
    const relay = aRelay();
    relay.newEndpoint('erp', { ordering: 'strict' });
    const bad = await relay.accepted();
    poison(relay, bad);
    await relay.accepted();
    await receive(relay, relay.eventQueue.take(), 6);
    heal();

    await relay.run(5);

    expect(await relay.rows()).toMatchObject([
      { eventId: bad, late: true, state: 'delivered' },
      { state: 'delivered' },
    ]);
    expect(await relay.outcomes(bad)).toEqual({ erp: expect.stringMatching(/, late$/) });
  });

  it('is superseded by the newer one for an endpoint ordered `latest`', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    const bad = await relay.accepted();
    poison(relay, bad);
    const next = await relay.accepted();
    await receive(relay, relay.eventQueue.take(), 6);
    heal();

    await relay.run(3);

    expect(relay.sender.eventsTo('erp')).toEqual([next]);
    expect(await relay.outcomes(bad)).toEqual({ erp: expect.stringMatching(/^superseded/) });
  });
});

describe('a fan-out that fails over a whole weekend', () => {
  it('loses nothing for an endpoint, whatever its ordering', async () => {
    const relay = aRelay();
    const orderings = ['strict', 'none', 'latest'];
    for (const ordering of orderings) relay.endpoint(ordering, { ordering });
    poison(relay);
    const accepted: EventId[] = [];
    for (let hours = 0; hours < 60; hours += 6) {
      for (const order of ['a', 'b', 'c']) accepted.push(await relay.accepted({ Id: order }));
      await relay.run(6 * 60);
    }
    expect(relay.sender.requests).toEqual([]);
    heal();

    await relay.run(3 * 60);

    const newest = accepted.slice(-3);
    for (const ordering of orderings)
      expect(relay.sender.eventsTo(ordering)).toEqual(
        expect.arrayContaining(ordering === 'latest' ? newest : accepted),
      );
    const done = expect.stringMatching(/^(delivered|superseded)/);
    for (const order of ['a', 'b', 'c']) {
      const orderKey = orderKeyOf(SOURCE, order);
      for await (const event of relay.eventLog.eventsNewestFirst(orderKey))
        expect(outcomeTexts(event)).toEqual({ strict: done, none: done, latest: done });
    }
    expect(relay.eventLog.allOwed()).toEqual([]);
  });
});
