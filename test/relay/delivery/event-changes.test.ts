import { describe, expect, it, vi } from 'vitest';
import { aRelay, ORDER } from '../a-relay.ts';

/** Items that together exceed the 16 KB that a row keeps. */
const LONG = Array.from({ length: 200 }, (_, n) => ({
  Sku: `Sku-${n}`,
  Product: `A product with a long name, ${'x'.repeat(60)}`,
  Status: 'New',
}));
const anOrder = (Items: readonly object[]) => ({ Id: '1', Items });

async function changesAfter(...snapshots: readonly unknown[]) {
  const relay = aRelay();
  relay.endpoint('erp');
  const read = vi.spyOn(relay.eventLog, 'payload');
  let last = await relay.accepted(snapshots[0]);
  await relay.fanOut();
  for (const snapshot of snapshots.slice(1)) {
    last = await relay.accepted(snapshot);
    read.mockClear();
    await relay.fanOut();
  }
  return { ...(await relay.event(last)), reads: read.mock.calls.length };
}

describe('the changes of an order whose list of items was cut', () => {
  it('are those of all items, when the shorter list fits the row', async () => {
    const before = LONG;
    const now = LONG.slice(0, 100);

    const { changes = [], changesNote, itemsOmitted } = await changesAfter(anOrder(before), anOrder(now));

    expect(itemsOmitted).toBeUndefined();
    expect(changesNote).toBeUndefined();
    expect(changes).toHaveLength(100);
    expect(changes.every(({ change }) => change === 'removed')).toBe(true);
    expect(changes.map(({ sku }) => sku)).not.toContain('Sku-99');
  });

  it('tell no item that is still there as removed or added', async () => {
    const long = LONG.map((item) => ({ ...item, Status: 'InProductionForALongTime' }));

    const { changes = [], itemsOmitted = 0 } = await changesAfter(anOrder(LONG), anOrder(long));

    expect(itemsOmitted).toBeGreaterThan(0);
    expect(changes.filter(({ change }) => change !== 'changed')).toEqual([]);
    expect(changes).toHaveLength(200);
  });

  it('find a change of an item that is beyond the cut', async () => {
    const last = { ...LONG.at(-1), Status: 'Shipped' };

    const { changes, reads } = await changesAfter(anOrder(LONG), anOrder([...LONG.slice(0, -1), last]));

    expect(changes).toEqual([{ change: 'changed', sku: 'Sku-199', statusFrom: 'New', statusTo: 'Shipped' }]);
    // Fan-out reads the event's own payload anyway.
    expect(reads).toBe(2);
  });

  it('cost no read when no list was cut', async () => {
    const { reads } = await changesAfter(anOrder(LONG.slice(0, 20)), anOrder(LONG.slice(0, 19)));

    expect(reads).toBe(1);
  });

  it('are not told at all when the payload before is gone', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    const first = await relay.accepted(anOrder(LONG));
    await relay.fanOut();
    await relay.eventLog.erasePayload({ orderKey: ORDER, eventId: first });
    const second = await relay.accepted(anOrder(LONG.slice(0, 100)));
    await relay.fanOut();

    expect(await relay.event(second)).toMatchObject({ changes: [], changesNote: 'items-cut' });
  });

  it('are not told at all for more than 10,000 items', async () => {
    const many = Array.from({ length: 10_001 }, () => ({ Sku: 'a' }));

    expect(await changesAfter(anOrder(many), anOrder(many.slice(1)))).toMatchObject({
      changes: [],
      changesNote: 'items-cut',
    });
  });

  it('are themselves cut, and counted', async () => {
    const shipped = Array.from({ length: 2_000 }, (_, n) => ({ Sku: `Sku-${n}`, Status: 'Shipped' }));

    const { changes = [], changesOmitted } = await changesAfter(anOrder([]), anOrder(shipped));

    expect(Buffer.byteLength(JSON.stringify(changes))).toBeLessThan(34 * 1024);
    expect(changes.length + (changesOmitted ?? 0)).toBe(2_000);
  });

  it('reach an expression as they are in the event’s row, with the number of those left out', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { transform: 't' });
    relay.expressions.means('t', (input) => input);
    const event = await relay.accepted(
      anOrder(Array.from({ length: 2_000 }, (_, n) => ({ Sku: `Sku-${n}`, Status: 'Shipped' }))),
    );
    await relay.fanOut();

    const [{ input } = { input: undefined }] = relay.expressions.evaluated;
    const { changes, changesOmitted } = await relay.event(event);
    expect(input).toMatchObject({ changes, event: { changesOmitted } });
    expect(changesOmitted).toBeGreaterThan(0);
  });
});

describe('the changes after an event that is no order', () => {
  it('are those since the snapshot before it, however old that is', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    await relay.accepted(anOrder([{ Sku: 'a', Status: 'New' }]));
    await relay.fanOut();
    relay.minutes(60);
    await relay.webhook('no JSON', 'orderid=1');
    await relay.fanOut();
    relay.minutes(60);
    const last = await relay.accepted(anOrder([{ Sku: 'a', Status: 'Shipped' }]));
    await relay.fanOut();

    expect(await relay.event(last)).toMatchObject({
      changes: [{ change: 'changed', sku: 'a', statusFrom: 'New', statusTo: 'Shipped' }],
    });
  });
});
