import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { aPayload } from '../ports/builders.ts';
import { jsonOf } from './cli.ts';
import { storedEvents } from './stored-events.ts';
import { useTablesOnlyRelay } from './tables-only-relay.ts';

const relay = useTablesOnlyRelay();
const { aSource, stored } = storedEvents(relay);

const PERSONAL = aPayload('{"Name":"Ada Personal"}');

/** Two orders with one nice id; the second is newer. */
async function twoOrders() {
  const source = await aSource();
  const niceId = `Magic-${randomUUID()}`;
  const [one, other] = [`a-${randomUUID()}`, `b-${randomUUID()}`];
  const first = await stored({ source, orderId: one, niceId, items: [{ status: 'Shipped' }] }, PERSONAL);
  const second = await stored({ source, orderId: other, niceId, items: [{ status: 'New' }] }, PERSONAL);
  return { source, niceId, one, other, first, second };
}

const show = async (...args: string[]) => jsonOf(await relay().cli(['orders', 'show', ...args, '--json']));
const orderIdsOf = async (...args: string[]) => {
  const found = (await show(...args)) as { items?: { orderId: string }[]; orderId?: string };
  return found.items?.map(({ orderId }) => orderId) ?? found.orderId;
};

describe('a nice id that several orders have', () => {
  it('lists them all, newest first, with what tells them apart and no personal data', async () => {
    const { source, niceId, one, other, first, second } = await twoOrders();

    const { exitCode, out } = await relay().cli(['orders', 'show', niceId, '--source', source]);

    expect(exitCode).toBe(0);
    const [head, ...lines] = out.trimEnd().split('\n');
    expect(head).toMatch(/^ORDER ID +NICE ID +SOURCE +FIRST SEEN +LAST SEEN +ITEMS$/);
    expect(lines).toEqual([
      expect.stringMatching(`^${other} +${niceId} +${source} .* New$`),
      expect.stringMatching(`^${one} +${niceId} +${source} .* Shipped$`),
      expect.stringContaining('Give the order id of one.'),
    ]);
    expect(out).not.toContain('Personal');
    expect(await show(niceId, '--source', source)).toMatchObject({
      items: [
        { orderId: other, firstSeenAt: second.receivedAt.toISOString() },
        { orderId: one, lastSeenAt: first.receivedAt.toISOString() },
      ],
    });
  });

  it.each([
    ['forget', []],
    ['replay', []],
    ['replay', ['--dry-run']],
  ])('makes `%s` refuse, with the list, until one is named', async (command, args) => {
    const { source, niceId, one, other, first, second } = await twoOrders();
    await relay().put('endpoint', 'erp', { url: 'https://erp.example.com/hook' });

    const { exitCode, out, err } = await relay().cli([
      command,
      '--order',
      niceId,
      '--source',
      source,
      ...args,
    ]);

    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
    expect(err).toContain(`error: 2 orders have the id ${niceId}\n`);
    expect(err).toMatch(new RegExp(`${other} .*\n${one} `));
    expect(await payloadsOf(first, second)).toEqual([true, true]);
  });

  it('is no obstacle once an order is named by its id: `forget` erases that one alone', async () => {
    const { source, one, first, second } = await twoOrders();

    const { exitCode } = await relay().cli(['forget', '--order', one, '--source', source]);

    expect(exitCode).toBe(0);
    expect(await payloadsOf(first, second)).toEqual([false, true]);
  });

  it('finds an event of any of them', async () => {
    const { source, niceId, first } = await twoOrders();

    const event = await relay().cli([
      'events',
      'show',
      first.eventId,
      '--order',
      niceId,
      '--source',
      source,
      '--json',
    ]);

    expect(jsonOf(event)).toMatchObject({ eventId: first.eventId, orderId: first.orderId });
  });
});

describe('an order id that is another order’s nice id', () => {
  it('lists both, and --by-order-id selects the one whose order id it is', async () => {
    const source = await aSource();
    const id = randomUUID();
    const named = await stored({ source, orderId: id }, PERSONAL);
    const nicknamed = await stored({ source, orderId: 'other', niceId: id }, PERSONAL);

    expect(await orderIdsOf(id, '--source', source)).toEqual(['other', id]);
    expect((await relay().cli(['forget', '--order', id, '--source', source])).exitCode).toBe(2);
    expect(await orderIdsOf(id, '--source', source, '--by-order-id')).toBe(id);
    const { exitCode } = await relay().cli(['forget', '--order', id, '--source', source, '--by-order-id']);

    expect(exitCode).toBe(0);
    expect(await payloadsOf(named, nicknamed)).toEqual([false, true]);
  });

  it('is one match when it is the nice id of the same order', async () => {
    const source = await aSource();
    await stored({ source, orderId: '7-501', niceId: '7-501' });

    expect(await orderIdsOf('7-501', '--source', source)).toBe('7-501');
  });
});

describe('an id in another case, or with spaces', () => {
  it('is found when one order has it', async () => {
    const source = await aSource();
    await stored({ source, orderId: '7-501ab', niceId: 'Magic7-501' });
    await stored({ source, orderId: '7-502AB' });

    expect(await orderIdsOf(' MAGIC7-501 ', '--source', source)).toBe('7-501ab');
    expect(await orderIdsOf('7-501AB', '--source', source)).toBe('7-501ab');
    expect(await orderIdsOf('7-502ab', '--source', source)).toBe('7-502AB');
    expect(
      (await relay().cli(['orders', 'show', '7-501AB', '--source', source, '--by-order-id'])).exitCode,
    ).toBe(2);
  });

  it('lists the orders when several have it, unless one has exactly this id', async () => {
    const source = await aSource();
    await stored({ source, orderId: '1', niceId: 'Magic' });
    await stored({ source, orderId: '2', niceId: 'MAGIC' });

    expect(await orderIdsOf('magic', '--source', source)).toEqual(['2', '1']);
    expect(await orderIdsOf('Magic', '--source', source)).toBe('1');
  });
});

describe('--by-order-id', () => {
  it('requires --order', async () => {
    const { exitCode, err } = await relay().cli([
      'replay',
      '--endpoint',
      'erp',
      '--since',
      '1h',
      '--by-order-id',
    ]);

    expect(exitCode).toBe(2);
    expect(err).toContain('error: --by-order-id requires --order');
  });
});

async function payloadsOf(...events: readonly Awaited<ReturnType<typeof stored>>[]) {
  const { eventLog } = relay().connection;
  return Promise.all(events.map(async (event) => (await eventLog.payload(event)) !== undefined));
}
