import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Change, changesBetween, type Item } from '../../lib/relay/changes.ts';

const mug = (status: string, trackingNumber?: string): Item => ({
  sku: 'MUG',
  status,
  ...(trackingNumber !== undefined && { trackingNumber }),
});

const anItem = fc.record(
  {
    sku: fc.constantFrom('MUG', 'POSTER'),
    status: fc.constantFrom('New', 'Pending', 'Shipped'),
    trackingNumber: fc.constantFrom('1Z1', '1Z2'),
  },
  { requiredKeys: ['sku'] },
);
const items = fc.array(anItem, { maxLength: 5 });

describe('changesBetween', () => {
  it('finds none between a snapshot and itself', () => {
    expect(changesBetween([mug('New'), mug('Shipped')], [mug('Shipped'), mug('New')])).toEqual([]);
  });

  it('tells every item of a first snapshot as added', () => {
    expect(changesBetween([], [mug('New')])).toEqual([{ change: 'added', sku: 'MUG', statusTo: 'New' }]);
  });

  it('tells an item that is gone', () => {
    expect(changesBetween([mug('New', '1Z1')], [])).toEqual([
      { change: 'removed', sku: 'MUG', statusFrom: 'New', trackingNumberFrom: '1Z1' },
    ]);
  });

  it('tells a status that moved on and a tracking number that appeared', () => {
    expect(changesBetween([mug('Printing')], [mug('Shipped', '1Z1')])).toEqual([
      { change: 'changed', sku: 'MUG', statusFrom: 'Printing', statusTo: 'Shipped', trackingNumberTo: '1Z1' },
    ]);
  });

  it('pairs items of one SKU so that the fewest fields differ', () => {
    const changes = changesBetween(
      [mug('New'), mug('Printing', '1Z1')],
      [mug('Shipped', '1Z1'), mug('New', '1Z2')],
    );

    expect(changes).toHaveLength(2);
    expect(changes).toContainEqual({
      change: 'changed',
      sku: 'MUG',
      statusFrom: 'Printing',
      statusTo: 'Shipped',
    });
    expect(changes).toContainEqual({ change: 'changed', sku: 'MUG', trackingNumberTo: '1Z2' });
  });

  it('explains the difference: the changes applied to the old items give the new ones', () => {
    fc.assert(
      fc.property(items, items, (before, now) => {
        expect(explains(changesBetween(before, now), before, now)).toBe(true);
      }),
    );
  });

  it('touches as few fields as any other pairing would', () => {
    fc.assert(
      fc.property(items, items, (before, now) => {
        const touched = changesBetween(before, now)
          .filter(({ change }) => change === 'changed')
          .reduce((sum, change) => sum + fieldsOf(change), 0);

        expect(touched).toBe(fewestFields(before, now));
      }),
    );
  });

  it('does not depend on the order of the items', () => {
    fc.assert(
      fc.property(items, items, fc.integer(), (before, now, seed) => {
        const shuffled = [...now].sort((a, b) => hash(a, seed) - hash(b, seed));

        expect(changesBetween(before, shuffled)).toHaveLength(changesBetween(before, now).length);
      }),
    );
  });
});

/** Whether the changes can be applied to the old items, each to one it fits, such that the new ones come out. */
function explains(changes: readonly Change[], before: readonly Item[], now: readonly Item[]): boolean {
  const [change, ...rest] = changes;
  if (change === undefined) return JSON.stringify(sorted(before)) === JSON.stringify(sorted(now));
  if (change.change === 'added')
    return explains(rest, before, takeOut(now, movedOn(productOf(change), change)));
  return before.some((item, index) => {
    if (item.sku !== change.sku || !matches(item, change)) return false;
    const others = before.toSpliced(index, 1);
    if (change.change === 'removed') return explains(rest, others, now);
    return explains(rest, others, takeOut(now, movedOn(item, change)));
  });
}

function takeOut(items: readonly Item[], item: Item): Item[] {
  const index = items.findIndex((other) => sorted([other])[0] === sorted([item])[0]);
  return index === -1 ? [...items, { sku: 'no such item' }] : items.toSpliced(index, 1);
}

const productOf = ({ sku }: Change): Item => ({ ...(sku !== undefined && { sku }) });

const touchesStatus = (change: Change) => 'statusFrom' in change || 'statusTo' in change;
const touchesTracking = (change: Change) => 'trackingNumberFrom' in change || 'trackingNumberTo' in change;
const fieldsOf = (change: Change) => Number(touchesStatus(change)) + Number(touchesTracking(change));

function matches(item: Item, change: Change): boolean {
  const status =
    !touchesStatus(change) && change.change === 'changed' ? true : item.status === change.statusFrom;
  const tracking =
    !touchesTracking(change) && change.change === 'changed'
      ? true
      : item.trackingNumber === change.trackingNumberFrom;
  return status && tracking;
}

function movedOn(item: Item, change: Change): Item {
  const status = touchesStatus(change) ? change.statusTo : item.status;
  const trackingNumber = touchesTracking(change) ? change.trackingNumberTo : item.trackingNumber;
  return {
    ...(item.sku !== undefined && { sku: item.sku }),
    ...(status !== undefined && { status }),
    ...(trackingNumber !== undefined && { trackingNumber }),
  };
}

const sorted = (list: readonly Item[]) =>
  list.map((item) => JSON.stringify([item.sku, item.status, item.trackingNumber])).sort();

const hash = (item: Item, seed: number) =>
  [...JSON.stringify(item)].reduce((sum, char) => sum * 31 + char.charCodeAt(0) + seed, 7) % 1009;

/** Tries every pairing, SKU by SKU. */
function fewestFields(before: readonly Item[], now: readonly Item[]): number {
  return ['MUG', 'POSTER']
    .map((sku) =>
      fewest(
        before.filter((item) => item.sku === sku),
        now.filter((item) => item.sku === sku),
      ),
    )
    .reduce((sum, fields) => sum + fields, 0);
}

function fewest(before: readonly Item[], now: readonly Item[]): number {
  if (before.length > now.length) return fewest(now, before);
  const [first, ...rest] = before;
  if (first === undefined) return 0;
  return Math.min(
    ...now.map(
      (item, index) =>
        Number(first.status !== item.status) +
        Number(first.trackingNumber !== item.trackingNumber) +
        fewest(rest, now.toSpliced(index, 1)),
    ),
  );
}
