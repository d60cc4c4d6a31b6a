import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Change,
  changesNoteText,
  compareItems,
  type Item,
  PAIRING_STEPS,
} from '../../../lib/relay/model/item-changes.ts';

const changesBetween = (before: readonly Item[], now: readonly Item[]) => compareItems(before, now).changes;

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
/** Some items, and the same ones in another order. */
const shuffled = items.chain((some) =>
  fc.tuple(fc.constant(some), fc.shuffledSubarray(some, { minLength: some.length })),
);

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

  it('leaves out what is not known', () => {
    expect(changesBetween([{}], [])).toStrictEqual([{ change: 'removed' }]);
    expect(changesBetween([], [{}])).toStrictEqual([{ change: 'added' }]);
    expect(changesBetween([{ status: 'New' }], [{ trackingNumber: '1Z1' }])).toStrictEqual([
      { change: 'changed', statusFrom: 'New', trackingNumberTo: '1Z1' },
    ]);
    expect(changesBetween([{ trackingNumber: '1Z1' }], [{ status: 'New' }])).toStrictEqual([
      { change: 'changed', statusTo: 'New', trackingNumberFrom: '1Z1' },
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
      { numRuns: 1_000 },
    );
  });

  it('finds no more than the fewest: items that no change touches are as many as can be', () => {
    fc.assert(
      fc.property(items, items, (before, now) => {
        expect(changesBetween(before, now)).toHaveLength(fewestChanges(before, now));
      }),
      { numRuns: 1_000 },
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
      { numRuns: 1_000 },
    );
  });

  it('is the same however the items are shuffled', () => {
    fc.assert(
      fc.property(shuffled, shuffled, ([before, beforeShuffled], [now, nowShuffled]) => {
        expect(changesBetween(beforeShuffled, nowShuffled)).toEqual(changesBetween(before, now));
      }),
      { numRuns: 1_000 },
    );
  });
});

const SIZE = 10_000;
const many = (make: (n: number) => Item) => Array.from({ length: SIZE }, (_, n) => make(n));
/** A number that looks random and is the same in every run. */
const scattered = (n: number) => (n * 7_919) % SIZE;

/** Webhooks that are small and hard to compare. */
const HARD: Readonly<Record<string, [Item[], Item[]]>> = {
  'one status, other tracking numbers': [many((n) => mug('New', `a${n}`)), many((n) => mug('New', `b${n}`))],
  'a chain: each item shares a field with two others': [
    many((n) => mug(`s${n}`, `t${n}`)),
    many((n) => mug(`s${n}`, `t${n + 1}`)),
  ],
  'a long chain that has to shift as a whole': [
    many((n) => mug(`s${n}`, `t${n}`)),
    many((n) => (n === 0 ? mug('s0', 'x') : mug(`s${n}`, `t${n - 1}`))),
  ],
  'a grid of a hundred values each': [
    many((n) => mug(`s${n % 100}`, `t${Math.floor(n / 100)}`)),
    many((n) => mug(`s${scattered(n) % 100}`, `u${Math.floor(n / 100)}`)),
  ],
  'few statuses, many tracking numbers': [
    many((n) => mug(`s${n % 3}`, `t${scattered(n)}`)),
    many((n) => mug(`s${(n + 1) % 3}`, `t${n}`)),
  ],
  'scattered pairs': [
    many((n) => mug(`s${scattered(n) % 3_000}`, `t${n % 3_001}`)),
    many((n) => mug(`s${n % 2_999}`, `t${scattered(n) % 2_998}`)),
  ],
  'nothing in common': [many((n) => mug(`a${n}`, `b${n}`)), many((n) => mug(`c${n}`, `d${n}`))],
  'items without any field': [many(() => ({})), many(() => ({ status: 'New' }))],
  'as many products as items': [
    many((n) => ({ sku: `${n}`, status: 'a' })),
    many((n) => ({ sku: `${n}`, status: 'b' })),
  ],
};

describe('the work of comparing', () => {
  it.each(Object.entries(HARD))('grows with the items and not with their pairs: %s', (_, [before, now]) => {
    const { steps, note, changes } = compareItems(before, now);

    expect(steps).toBeLessThanOrEqual(PAIRING_STEPS);
    expect(note).toBeUndefined();
    expect(changes.length).toBeLessThanOrEqual(SIZE);
  });

  it.each([
    ['nothing is gone', [], [mug('New'), mug('Printing')]],
    ['nothing has appeared', [mug('New'), mug('Printing')], []],
    ['one item has changed', [mug('New')], [mug('Shipped', '1Z1')]],
  ])('is none when %s', (_, before, now) => {
    const { steps, note, changes } = compareItems(before, now, 0);

    expect({ steps, note }).toEqual({ steps: 0, note: undefined });
    expect(changes).toEqual(changesBetween(before, now));
  });

  it('is limited for all products together', () => {
    const [before, now] = [
      [mug('New'), mug('Printing', '1Z1')],
      [mug('Shipped', '1Z1'), mug('New', '1Z2')],
    ];
    const both = (items: readonly Item[]) => [...items, ...items.map((item) => ({ ...item, sku: 'POSTER' }))];
    const { steps } = compareItems(before, now);

    expect(compareItems(both(before), both(now), 2 * steps + 1)).toMatchObject({ steps: 2 * steps });
    expect(compareItems(both(before), both(now), 2 * steps + 1)).not.toHaveProperty('note');
    expect(compareItems(both(before), both(now), 2 * steps)).toHaveProperty('note', 'too-many-alike');
  });

  it('stays within its limit whatever the items', () => {
    const value = fc.nat(40).map(String);
    const item = fc.record({ status: value, trackingNumber: value }, { requiredKeys: [] });
    const snapshot = fc.array(item, { maxLength: 300 });
    fc.assert(
      fc.property(snapshot, snapshot, fc.nat(3_000), (before, now, stepLimit) => {
        const { steps, note, changes } = compareItems(before, now, stepLimit);
        const whole = compareItems(before, now);

        // It stops within the arcs of one value.
        expect(steps).toBeLessThanOrEqual(stepLimit + 2 * (before.length + now.length));
        expect(changes).toHaveLength(whole.changes.length);
        if (note === undefined) expect(changes).toEqual(whole.changes);
      }),
      { numRuns: 300 },
    );
  });

  it('says so when the items are too many and too alike, and still tells the fewest changes', () => {
    const [before, now] = HARD['scattered pairs'] ?? [[], []];

    const { note, changes } = compareItems(before, now, 1_000);

    expect(note).toBe('too-many-alike');
    expect(changesNoteText('too-many-alike')).toMatch(/^too many alike items to pair/);
    expect(changes).toHaveLength(compareItems(before, now).changes.length);
  });

  it('still explains the difference with whatever limit', () => {
    fc.assert(
      fc.property(items, items, fc.nat(20), (before, now, stepLimit) => {
        expect(explains(compareItems(before, now, stepLimit).changes, before, now)).toBe(true);
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

/** An item on either side that has no twin on the other takes a change, and one change takes one of each side at most. */
function fewestChanges(before: readonly Item[], now: readonly Item[]): number {
  return ['MUG', 'POSTER']
    .map((sku) => {
      const [old, fresh] = [before, now].map((list) => sorted(list.filter((item) => item.sku === sku)));
      return Math.max(withoutTwin(old ?? [], fresh ?? []), withoutTwin(fresh ?? [], old ?? []));
    })
    .reduce((sum, changes) => sum + changes, 0);
}

function withoutTwin(items: readonly string[], others: readonly string[]): number {
  const left = [...others];
  return items.filter((item) => {
    const twin = left.indexOf(item);
    if (twin !== -1) left.splice(twin, 1);
    return twin === -1;
  }).length;
}

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
