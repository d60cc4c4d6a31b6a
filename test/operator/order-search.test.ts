import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type OrderSearch, searchOrders } from '../../lib/operator/orders/order-search.ts';
import { sourceIdSchema } from '../../lib/relay/endpoint/source.ts';
import { after } from '../../lib/relay/model/clock.ts';
import type { EventRecord } from '../../lib/relay/model/event.ts';
import { aliasKeyOf, orderKeyOf, sha256Hex } from '../../lib/relay/model/ids.ts';
import { MemoryClock } from '../memory/clock.ts';
import { MemoryConfigTable } from '../memory/config-table.ts';
import { MemoryEventLog } from '../memory/event-log.ts';
import { MemoryEventReader } from '../memory/event-reader.ts';
import { anEvent, anEventId, aSource } from '../ports/builders.ts';
import { jsonOf } from './cli.ts';
import { storedEvents } from './stored-events.ts';
import { useTablesOnlyRelay } from './tables-only-relay.ts';

const MINUTE_MS = 60_000;

function aRelay() {
  const clock = new MemoryClock();
  const eventLog = new MemoryEventLog(clock);
  const configTable = new MemoryConfigTable();
  const connection = { clock, configTable, eventLog, eventReader: new MemoryEventReader(eventLog) };
  configTable.put('source', aSource, { tokenSha256: sha256Hex(aSource) });
  return {
    configTable,
    async received(minutesAgo: number, orderId: string, parts: Partial<EventRecord> = {}) {
      const receivedAt = after(clock.now(), -minutesAgo * MINUTE_MS);
      const { source = aSource, niceId } = parts;
      const orderKey = orderKeyOf(source, orderId);
      const eventId = anEventId(new MemoryClock(receivedAt));
      const event = anEvent({ orderKey, eventId, receivedAt, orderId, source, ...parts });
      await eventLog.putEvent(event, receivedAt);
      if (niceId !== undefined)
        await eventLog.putAlias({
          aliasKey: aliasKeyOf(source, niceId),
          orderKey,
          id: niceId,
          seenAt: receivedAt,
        });
      return event;
    },
    search: (text: string, parts: Partial<OrderSearch> = {}) =>
      searchOrders(connection, { text, limit: 10, ...parts }),
    async found(text: string, parts: Partial<OrderSearch> = {}) {
      const { items } = await searchOrders(connection, { text, limit: 10, ...parts });
      return items.map(({ orderId }) => orderId);
    },
  };
}

describe('a search for orders', () => {
  it.each([
    ['the order id', '7-501853e1'],
    ['the order id in another case', '7-501853E1'],
    ['the beginning of the order id', '7-50'],
    ['the middle of the order id', '0185'],
    ['the nice id', 'Magic7-501'],
    ['the nice id in another case', 'magic7-501'],
    ['the middle of the nice id', 'gic7'],
    ['a text with spaces around it', '  Magic7 '],
  ])('finds an order by %s', async (_, text) => {
    const relay = aRelay();
    await relay.received(2, '7-501853e1', { niceId: 'Magic7-501' });
    await relay.received(1, '13-cdc4', { niceId: 'Richa13-cd' });

    expect(await relay.found(text)).toEqual(['7-501853e1']);
  });

  it('finds an order by the id of any of its events, whole or in part', async () => {
    const relay = aRelay();
    const older = await relay.received(5, 'a');
    await relay.received(4, 'a');
    await relay.received(1, 'b');

    const { eventId } = older;
    for (const text of [eventId, eventId.toLowerCase(), eventId.slice(10), eventId.slice(0, -2)])
      expect((await relay.search(text)).items).toMatchObject([{ orderId: 'a', eventId }]);
  });

  it('takes no short text for a part of an event id', async () => {
    const relay = aRelay();
    const { eventId } = await relay.received(1, 'a');

    expect(await relay.found(eventId.slice(-7))).toEqual([]);
  });

  it('finds an order by its whole id whatever its age', async () => {
    const relay = aRelay();
    await relay.received(50 * 24 * 60, 'old', { niceId: 'Magic-old' });

    expect(await relay.found('OLD')).toEqual(['old']);
    expect(await relay.found('magic-OLD')).toEqual(['old']);
    expect(await relay.found('magic-o')).toEqual([]);
  });

  it('lists orders with the whole id first, and each order once, with its newest event', async () => {
    const relay = aRelay();
    await relay.received(9, '7');
    await relay.received(8, '77');
    const newest = await relay.received(7, '77', { items: [{ status: 'Shipped' }] });
    await relay.received(6, 'x7');

    const { items, searched } = await relay.search('7');

    expect(items.map(({ orderId }) => orderId)).toEqual(['7', 'x7', '77']);
    expect(items[2]).toMatchObject({ eventId: newest.eventId, items: [{ status: 'Shipped' }] });
    expect(searched).toEqual({ events: 4, since: after(new MemoryClock().now(), -9 * MINUTE_MS) });
  });

  it('continues page by page without an order twice', async () => {
    const relay = aRelay();
    const orders = Array.from({ length: 7 }, (_, index) => `order-${index}`);
    for (const round of [3, 2, 1])
      for (const [index, order] of orders.entries()) await relay.received(round * 100 + index, order);
    await relay.received(1000, 'order');

    const pages: string[][] = [];
    let before: string | undefined;
    do {
      const page = await relay.search('order', { limit: 3, before });
      pages.push(page.items.map(({ orderId = '' }) => orderId));
      before = page.next;
    } while (before !== undefined);

    expect(pages[0]).toEqual(['order', 'order-0', 'order-1', 'order-2']);
    expect(pages.flat().toSorted()).toEqual(['order', ...orders]);
  });

  it('examines a bounded number of events a page, and continues after a page that found nothing', async () => {
    const relay = aRelay();
    await relay.received(5_000, 'wanted');
    for (let minutes = 1; minutes <= 1_050; minutes++) await relay.received(minutes, `other-${minutes}`);

    const first = await relay.search('want');

    expect(first).toMatchObject({ items: [], searched: { events: 1_000 } });
    expect(await relay.found('want', { before: first.next })).toEqual(['wanted']);
  });

  it('searches one source if one is given, and refuses an unknown one', async () => {
    const relay = aRelay();
    const other = sourceIdSchema.parse('other');
    relay.configTable.put('source', other, { tokenSha256: sha256Hex(other) });
    await relay.received(1, 'a-1');
    await relay.received(1, 'a-2', { source: other });

    expect(await relay.found('a-', { source: 'other' })).toEqual(['a-2']);
    await expect(relay.search('a-', { source: 'nobody' })).rejects.toThrow('there is no source nobody');
  });

  it('refuses an empty text', async () => {
    await expect(aRelay().search('  ')).rejects.toThrow('text must not be empty');
  });
});

const relay = useTablesOnlyRelay();
const { aSource: aNewSource, stored } = storedEvents(relay);

describe('orders search', () => {
  it('lists the orders, what was searched, and how to continue', async () => {
    const source = await aNewSource();
    const niceId = `Magic${randomUUID()}`;
    const [first, second] = [
      await stored({ source, orderId: `one-${niceId}`, niceId, items: [{ status: 'Shipped' }] }),
      await stored({ source, orderId: `two-${niceId}` }),
    ];
    const search = (...args: string[]) => relay().cli(['orders', 'search', niceId.slice(3), ...args]);

    expect((await search()).out).toMatch(
      /^ORDER +ORDER ID .*\ntwo-.*\n.*Shipped\nSearched \d+ events for parts/,
    );
    const page = pageSchema.parse(jsonOf(await search('--limit', '1', '--json')));
    expect(page).toMatchObject({ items: [{ eventId: second.eventId }], next: second.eventId });
    const rest = jsonOf(await search('--limit', '1', '--json', '--before', page.next));
    expect(rest).toMatchObject({ items: [{ eventId: first.eventId, niceId }] });
  });

  it('says that no order was found', async () => {
    const source = await aNewSource();

    expect((await relay().cli(['orders', 'search', 'nothing', '--source', source])).out).toMatch(
      /^No order has nothing in an id.\nSearched \d+ events/,
    );
  });
});

const pageSchema = z.object({ items: z.array(z.unknown()), next: z.string(), searched: z.unknown() });
