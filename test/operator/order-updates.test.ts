import { describe, expect, it } from 'vitest';
import { readEventBody } from '../../lib/operator/events/event-body.ts';
import { outcomeAt } from '../../lib/operator/orders/endpoint-outcome.ts';
import { forgetOrder } from '../../lib/operator/orders/forget.ts';
import { idInSource, orderKeyIn } from '../../lib/operator/orders/order-key.ts';
import { orderUpdate, orderUpdates } from '../../lib/operator/orders/order-updates.ts';
import { connectionTo } from '../console/a-console.ts';
import { anOrder } from '../console/busy-relay.ts';
import { anEndpointId } from '../ports/builders.ts';
import { aRelay, ORDER, UNAVAILABLE } from '../relay/a-relay.ts';

const ERP = anEndpointId('erp');
const SHOP = anEndpointId('shop');

async function withUpdates(count: number) {
  const relay = aRelay();
  relay.endpoint('erp');
  relay.endpoint('shop');
  relay.sender.answers.set('shop', UNAVAILABLE);
  for (let index = 0; index < count; index++) {
    await anOrder(relay, '1', `S${index}`);
    await relay.work();
  }
  return { relay, connection: connectionTo(relay) };
}

describe('the updates of an order', () => {
  it('are paged, newest first', async () => {
    const { connection } = await withUpdates(5);

    const first = await orderUpdates(connection, ORDER, { limit: 2 });
    const second = await orderUpdates(connection, ORDER, { limit: 3, before: first.next });

    const statuses = (page: typeof first) => page.items.map(({ items }) => items?.[0]?.status);
    expect(statuses(first)).toEqual(['S4', 'S3']);
    expect(statuses(second)).toEqual(['S2', 'S1', 'S0']);
    expect(second.next).toBeUndefined();
  });

  it('name each endpoint, also one that was removed', async () => {
    const { relay, connection } = await withUpdates(1);
    await relay.configTable.remove('endpoint', 'shop');

    const { endpoints } = await orderUpdates(connection, ORDER, { limit: 5 });

    expect(endpoints).toEqual([
      { id: 'erp', isRemoved: false },
      { id: 'shop', isRemoved: true },
    ]);
  });

  it('have an outcome with attempts at each endpoint', async () => {
    const { connection } = await withUpdates(2);

    const [newest, older] = (await orderUpdates(connection, ORDER, { limit: 5 })).items;

    expect(newest && outcomeAt(newest, ERP)).toMatchObject({
      outcome: { state: 'delivered' },
      attemptCount: 1,
    });
    expect(newest && outcomeAt(newest, SHOP)).toMatchObject({
      outcome: { state: 'pending', status: 503 },
      attempts: [{ status: 503, answer: 'busy' }],
    });
    expect(older && outcomeAt(older, SHOP)).toMatchObject({ outcome: { state: 'superseded' } });
    expect(newest && outcomeAt(newest, anEndpointId('other'))).toBeUndefined();
  });

  it('are not sent yet before fan-out', async () => {
    const { relay, connection } = await withUpdates(0);
    await anOrder(relay, '1', 'New');

    const { items, endpoints } = await orderUpdates(connection, ORDER, { limit: 5 });

    expect(endpoints.map(({ id }) => id)).toEqual(['erp', 'shop']);
    expect(items[0] && outcomeAt(items[0], ERP)).toBeUndefined();
  });

  it('of an unknown order are not found', async () => {
    const { connection } = await withUpdates(0);

    await expect(orderUpdates(connection, ORDER, { limit: 5 })).rejects.toThrow('there is no order 1');
  });

  it('have bodies until the order is forgotten', async () => {
    const { connection } = await withUpdates(1);
    const [update] = (await orderUpdates(connection, ORDER, { limit: 1 })).items;
    if (update === undefined) throw new Error('no update');
    const before = await readEventBody(connection, update);
    expect(before.kind === 'body' && new TextDecoder().decode(before.body)).toContain('"S0"');

    await forgetOrder(connection, { id: '1' });

    expect(await readEventBody(connection, update)).toMatchObject({ kind: 'forgotten' });
    const { event } = await orderUpdate(connection, update);
    expect(outcomeAt(event, SHOP)?.attempts[0]?.answer).toBeUndefined();
  });
});

describe('the key of an order in an address', () => {
  it.each(['1', 'a/b', '..', 'sha256:x'])('is read as it was written: %s', (id) => {
    expect(idInSource(orderKeyIn('main', id))).toBe(id);
  });

  it('is refused when no order can have it', () => {
    expect(() => orderKeyIn('main', '')).toThrow('there is no order');
    expect(() => orderKeyIn('main', 'x'.repeat(3_000))).toThrow('there is no order');
    expect(() => orderKeyIn('a/b', '1')).toThrow('source');
  });
});
