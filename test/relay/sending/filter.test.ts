import { describe, expect, it } from 'vitest';
import { deliver } from '../../../lib/relay/deliver/deliver.ts';
import { replay } from '../../../lib/relay/delivery/replay.ts';
import { evaluateFilter } from '../../../lib/relay/sending/filter.ts';
import { anEndpointId, anEvent, aPayload } from '../../ports/builders.ts';
import { aRelay, ORDER, UNAVAILABLE } from '../a-relay.ts';

const ERP = anEndpointId('erp');
const FILTER = 'order.wanted';

/** A relay with the endpoint `erp`, which wants only what says so. */
function withFilter(attributes: Record<string, unknown> = {}) {
  const relay = aRelay();
  relay.expressions.means(FILTER, ({ order }) => Reflect.get(Object(order), 'wanted'));
  relay.endpoint('erp', { filter: FILTER, ...attributes });
  const wanted = () => relay.accepted({ Id: '1', wanted: true });
  const refused = () => relay.accepted({ Id: '1', wanted: false });
  const outcomeOf = async (eventId: Awaited<ReturnType<typeof wanted>>) =>
    (await relay.outcomes(eventId))[ERP];
  return { relay, wanted, refused, outcomeOf };
}

describe('an endpoint with a filter', () => {
  it('gets what the filter lets pass, and of the rest there is an outcome and no row', async () => {
    const { relay, wanted, refused, outcomeOf } = withFilter();
    const [first, second] = [await wanted(), await refused()];

    await relay.fanOut();

    expect(relay.sender.eventsTo('erp')).toEqual([first]);
    expect(await outcomeOf(first)).toBe('delivered 200 in 0 ms');
    expect(await outcomeOf(second)).toBe('skipped: refused by the filter');
    expect(await relay.rows()).toEqual([]);
  });

  it('reads numbers that JavaScript cannot hold as texts, digit for digit', async () => {
    const { relay } = withFilter();
    await relay.webhook('{"Id":9007199254740993,"wanted":true,"Total":{"Price":19.99},"n":[1e400]}');

    await relay.fanOut();

    expect(relay.expressions.evaluated.map(({ input }) => input)).toMatchObject([
      {
        event: { orderId: '9007199254740993' },
        order: { Id: '9007199254740993', Total: { Price: 19.99 }, n: ['1e400'] },
      },
    ]);
  });

  it('is asked with the event, its order and its changes', async () => {
    const { relay } = withFilter();
    const body = { Id: '1', NiceId: 'Magic7-501', Items: [{ Sku: 'Mug', Status: 'New' }], wanted: true };
    const eventId = await relay.accepted(body);
    const { receivedAt } = await relay.event(eventId);

    await relay.fanOut();

    expect(relay.expressions.evaluated).toEqual([
      {
        expression: FILTER,
        input: {
          event: {
            id: eventId,
            orderId: '1',
            niceId: 'Magic7-501',
            source: 'main',
            receivedAt: receivedAt.toISOString(),
          },
          order: body,
          changes: [{ change: 'added', sku: 'Mug', statusTo: 'New' }],
        },
      },
    ]);
  });

  it('is asked without an order when the body is no JSON', async () => {
    const { relay } = withFilter({ filter: 'any', ordering: 'none' });
    relay.expressions.means('any', () => true);
    await relay.webhook('<xml/>', 'orderid=1');

    await relay.fanOut();

    expect(relay.expressions.evaluated[0]?.input).not.toHaveProperty('order');
  });

  it('gets what the filter gives something for that JSONata takes for true', async () => {
    const { relay } = withFilter({ filter: 'a.text' });
    relay.expressions.means('a.text', () => 'yes');
    const eventId = await relay.accepted();

    await relay.fanOut();

    expect(relay.sender.eventsTo('erp')).toEqual([eventId]);
  });

  it('passes what the filter fails on', async () => {
    const { relay } = withFilter();
    relay.expressions.means('fails', () => {
      throw new Error('it ran too long');
    });
    const event = { ...anEvent(), changes: [] };

    expect(await evaluateFilter(relay.relay, { id: ERP, filter: 'fails' }, event, aPayload())).toBe('pass');
  });

  it('gets what the filter fails on, and that is told without anything of the order', async () => {
    const { relay } = withFilter({ filter: 'wrong' });
    relay.expressions.means('wrong', () => {
      throw new Error('it ran too long');
    });
    const eventId = await relay.accepted({ Id: '1', Email: 'zoe@example.com' });

    await relay.fanOut();

    expect(relay.sender.eventsTo('erp')).toEqual([eventId]);
    expect(relay.telemetry.counts.get('ExpressionsFailed')).toBe(1);
    expect(relay.telemetry.log).toContainEqual({
      level: 'warn',
      message: 'filter failed; the event is sent',
      fields: { endpointId: 'erp', eventId, reason: 'it ran too long' },
    });
    expect(JSON.stringify(relay.telemetry.log)).not.toContain('zoe');
  });

  it.each([
    ['is paused', { state: 'paused' }],
    ['is busy', { rateLimitPerSecond: 1 }],
  ])('leaves nothing owed of what it refuses while it %s', async (_, attributes) => {
    const { relay, refused, outcomeOf } = withFilter(attributes);
    const eventId = await refused();

    await relay.fanOut();

    expect(await outcomeOf(eventId)).toBe('skipped: refused by the filter');
    expect(await relay.rows()).toEqual([]);
  });

  it('is not asked again for what waits for its next attempt', async () => {
    const { relay, wanted } = withFilter();
    relay.sender.answers.set('erp', UNAVAILABLE);
    await wanted();
    await relay.fanOut();

    relay.sender.answers.delete('erp');
    await relay.run(1);

    expect(relay.sender.eventsTo('erp')).toHaveLength(2);
    expect(relay.expressions.evaluated).toHaveLength(1);
  });
});

describe('an event that the filter refuses', () => {
  it('supersedes nothing: an older one that still fails is delivered', async () => {
    const { relay, wanted, refused, outcomeOf } = withFilter();
    relay.sender.answers.set('erp', UNAVAILABLE);
    const older = await wanted();
    await relay.fanOut();
    const newer = await refused();
    await relay.fanOut();

    relay.sender.answers.delete('erp');
    await relay.run(1);

    expect(await outcomeOf(newer)).toBe('skipped: refused by the filter');
    expect(await outcomeOf(older)).toBe('delivered 200 in 0 ms, attempt 2');
  });

  it('holds up nobody when every event is sent in turn', async () => {
    const { relay, wanted, refused } = withFilter({ ordering: 'strict' });
    await refused();
    const second = await wanted();

    await relay.fanOut();

    expect(relay.sender.eventsTo('erp')).toEqual([second]);
  });
});

describe('an event that came while the endpoint’s row was wrong', () => {
  async function spoiled() {
    const all = withFilter();
    const { relay } = all;
    const older = await (async () => {
      relay.sender.answers.set('erp', UNAVAILABLE);
      const eventId = await all.wanted();
      await relay.fanOut();
      relay.sender.answers.delete('erp');
      return eventId;
    })();
    relay.configTable.put('endpoint', 'erp', { url: 'none' });
    relay.minutes(1);
    const mend = () => {
      relay.configTable.put('endpoint', 'erp', { url: 'https://erp/hook?orderid=', filter: FILTER });
      relay.minutes(1);
    };
    return { ...all, older, mend };
  }

  it('waits undecided, and takes the place of nothing if the filter then refuses it', async () => {
    const { relay, refused, outcomeOf, older, mend } = await spoiled();
    const newer = await refused();
    await relay.fanOut();
    expect(await relay.rows()).toMatchObject([{}, { filterPending: true, reason: 'invalid-config' }]);

    mend();
    await relay.run(4);

    expect(await outcomeOf(newer)).toBe('skipped: refused by the filter');
    expect(await outcomeOf(older)).toMatch(/^delivered 200/);
  });

  it('takes the place of an older one once the filter lets it pass', async () => {
    const { relay, wanted, outcomeOf, older, mend } = await spoiled();
    const newer = await wanted();
    await relay.fanOut();

    mend();
    await relay.run(4);

    expect(await outcomeOf(newer)).toMatch(/^delivered 200/);
    expect(await outcomeOf(older)).toMatch(/^(superseded|delivered)/);
    expect(relay.sender.eventsTo('erp').at(-1)).toBe(newer);
    expect(await relay.rows()).not.toContainEqual(expect.objectContaining({ filterPending: true }));
  });

  it('does not overtake an older one before it is decided about', async () => {
    const { relay, refused, older, mend } = await spoiled();
    await refused();
    await relay.fanOut();
    mend();

    await deliver(relay.relay, [{ orderKey: ORDER, eventId: older, endpointId: ERP }], relay.deadline());

    expect(relay.sender.eventsTo('erp')).toEqual([older, older]);
  });

  it('is dead, and has taken the place of nothing, when its payload is gone by then', async () => {
    const { relay, wanted, outcomeOf, older, mend } = await spoiled();
    const newer = await wanted();
    await relay.fanOut();
    const { payload } = relay.eventLog;
    relay.eventLog.payload = async (key) =>
      key.eventId === newer ? undefined : payload.call(relay.eventLog, key);

    mend();
    await relay.run(4);

    expect(await outcomeOf(newer)).toMatch(/^dead: payload is gone/);
    expect(await outcomeOf(older)).toMatch(/^delivered 200/);
  });
});

describe('a replay to an endpoint with a filter', () => {
  it('asks the filter anew, and skips what it still refuses', async () => {
    const { relay, refused, outcomeOf } = withFilter();
    const eventId = await refused();
    await relay.fanOut();

    expect(await replay(relay.relay, await relay.event(eventId), ERP)).toBe('owed');
    await relay.run(2);

    expect(relay.sender.eventsTo('erp')).toEqual([]);
    expect(await outcomeOf(eventId)).toBe('skipped: refused by the filter, replayed');
  });

  it('sends what another filter lets pass', async () => {
    const { relay, refused } = withFilter();
    const eventId = await refused();
    await relay.fanOut();
    relay.expressions.means('other', () => true);
    relay.endpoint('erp', { filter: 'other' });
    relay.minutes(1);

    await replay(relay.relay, await relay.event(eventId), ERP);
    await relay.run(2);

    expect(relay.sender.eventsTo('erp')).toEqual([eventId]);
  });

  it('sends again what was skipped, replayed, and passes by now', async () => {
    const { relay, refused } = withFilter();
    const eventId = await refused();
    await relay.fanOut();
    await replay(relay.relay, await relay.event(eventId), ERP);
    await relay.run(2);
    relay.configTable.put('endpoint', 'erp', { url: 'https://erp/hook?orderid=' });
    relay.minutes(1);

    await replay(relay.relay, await relay.event(eventId), ERP);
    await relay.run(2);

    expect(relay.sender.eventsTo('erp')).toEqual([eventId]);
    expect(await relay.rows()).toMatchObject([{ state: 'delivered' }]);
  });
});
