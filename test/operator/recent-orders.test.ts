import { describe, expect, it } from 'vitest';
import { recentOrders } from '../../lib/operator/orders/recent-orders.ts';
import { connectionTo } from '../console/a-console.ts';
import { anOrder } from '../console/busy-relay.ts';
import { aRelay } from '../relay/a-relay.ts';

/** A relay whose orders changed in this order; the same name again is another update. */
async function withUpdates(...ids: string[]) {
  const relay = aRelay();
  for (const id of ids) await anOrder(relay, id, 'New');
  return connectionTo(relay);
}

const idsOf = ({ items }: Awaited<ReturnType<typeof recentOrders>>) => items.map(({ orderId }) => orderId);

describe('recent orders', () => {
  it('list each order once, with its newest update, the last changed first', async () => {
    const connection = await withUpdates('1', '2', '1');

    const page = await recentOrders(connection, { limit: 10 });

    expect(idsOf(page)).toEqual(['1', '2']);
    expect(page.next).toBeUndefined();
  });

  it('list an order on one page only', async () => {
    const connection = await withUpdates('1', '2', '3', '4', '1', '3');

    const first = await recentOrders(connection, { limit: 2 });
    const second = await recentOrders(connection, { limit: 2, before: first.next });

    expect(idsOf(first)).toEqual(['3', '1']);
    expect(idsOf(second)).toEqual(['4', '2']);
    expect(second.next).toBeUndefined();
  });

  it('go on after a page of events that belong to orders of earlier pages', async () => {
    const connection = await withUpdates('old', ...Array.from({ length: 1_100 }, () => 'busy'), 'new');

    const first = await recentOrders(connection, { limit: 5 });
    const second = await recentOrders(connection, { limit: 5, before: first.next });

    expect(idsOf(first)).toEqual(['new', 'busy']);
    expect(idsOf(second)).toEqual(['old']);
  });

  it('leave out tests and notices of the relay', async () => {
    const connection = await withUpdates();

    expect(await recentOrders(connection, { limit: 5 })).toEqual({ items: [] });
  });

  it('refuse a cursor that is no event id', async () => {
    const connection = await withUpdates('1');

    await expect(recentOrders(connection, { limit: 5, before: 'x' })).rejects.toThrow('before must be evt_');
  });
});
