import { describe, expect, it } from 'vitest';
import { orderUpdates } from '../../lib/operator/orders/order-updates.ts';
import { planReplay } from '../../lib/operator/replay/replay-plan.ts';
import { replayEvents } from '../../lib/operator/replay/replays.ts';
import { connectionTo } from '../console/a-console.ts';
import { anOrder } from '../console/busy-relay.ts';
import { aRelay, ORDER, UNAVAILABLE } from '../relay/a-relay.ts';

/** An order with two updates. `erp` and `log` received both; `shop` received none and waits. */
async function twoUpdates() {
  const relay = aRelay();
  relay.endpoint('erp');
  relay.endpoint('log', { ordering: 'none' });
  relay.endpoint('shop');
  relay.endpoint('off', { state: 'disabled' });
  relay.sender.answers.set('shop', UNAVAILABLE);
  for (const status of ['New', 'Shipped']) {
    await anOrder(relay, '1', status);
    await relay.work();
  }
  const connection = connectionTo(relay);
  const [newest, older] = (await orderUpdates(connection, ORDER, { limit: 2 })).items;
  if (newest === undefined || older === undefined) throw new Error('two updates expected');
  return { relay, connection, newest, older };
}

describe('the plan of a replay', () => {
  it('says for each endpoint what would happen to the newest update', async () => {
    const { connection, newest } = await twoUpdates();

    const { replays, excluded } = await planReplay(connection, newest);

    expect(replays).toEqual([
      { endpointId: 'erp', decision: 'replayed', state: 'delivered' },
      { endpointId: 'log', decision: 'replayed', state: 'delivered' },
      { endpointId: 'shop', decision: 'pending', state: 'pending' },
    ]);
    expect(excluded).toEqual(['the endpoint off is disabled']);
  });

  it('replays no older snapshot to an endpoint that has a newer one', async () => {
    const { connection, older } = await twoUpdates();

    const { replays } = await planReplay(connection, older);

    expect(replays).toMatchObject([
      { endpointId: 'erp', decision: 'superseded' },
      { endpointId: 'log', decision: 'replayed' },
      { endpointId: 'shop', decision: 'superseded', state: 'superseded' },
    ]);
  });

  it('writes nothing', async () => {
    const { relay, connection, newest } = await twoUpdates();
    const before = await relay.rows();

    await planReplay(connection, newest);

    expect(await relay.rows()).toEqual(before);
  });
});

describe('the reads of a plan', () => {
  it('are the same for many endpoints as for few', async () => {
    const { relay, connection, older } = await twoUpdates();
    for (let index = 0; index < 50; index++) relay.endpoint(`more-${index}`);
    const reads: string[] = [];
    const eventLog = new Proxy(connection.eventLog, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        return (...given: unknown[]) => {
          reads.push(String(name));
          return Reflect.apply(value, target, given);
        };
      },
    });

    const { replays } = await planReplay({ ...connection, eventLog }, older);

    expect(replays).toHaveLength(53);
    expect(reads.toSorted()).toEqual(['event', 'eventsNewestFirst', 'payload']);
  });
});

describe('a replay of one event to chosen endpoints', () => {
  it('reaches these endpoints alone', async () => {
    const { relay, connection, newest } = await twoUpdates();
    const sentBefore = relay.sender.requests.length;

    const rules = { includeDelivered: true, includeSkipped: true };
    const { replayedTo } = await replayEvents(connection, {
      ...rules,
      eventId: newest.eventId,
      endpointIds: ['log', 'off'],
    });
    await relay.work();

    expect(replayedTo).toEqual({ log: 1 });
    const sent = relay.sender.requests.slice(sentBefore).map(({ url }) => new URL(url).hostname);
    expect(sent.filter((host) => host !== 'shop')).toEqual(['log']);
  });
});
