/** Computes the changes between two snapshots of an order. The Hub does not send them. */

/** The fields of an item that the record keeps. The Hub may omit any of them. */
export interface Item {
  readonly sku?: string;
  readonly product?: string;
  readonly status?: string;
  readonly trackingNumber?: string;
}

/** One item that was added, removed or changed. Absent fields did not change or are not known. */
export interface Change {
  readonly change: 'added' | 'removed' | 'changed';
  readonly sku?: string;
  readonly statusFrom?: string;
  readonly statusTo?: string;
  readonly trackingNumberFrom?: string;
  readonly trackingNumberTo?: string;
}

/**
 * The smallest set of changes between two snapshots. Items have no id, SKUs repeat and the order may change. Therefore
 * items of the same product are paired so that the fewest fields differ. The order of the items does not matter.
 */
export function changesBetween(before: readonly Item[], now: readonly Item[]): Change[] {
  const [sortedBefore, sortedNow] = [sorted(before), sorted(now)];
  const products = new Set([...sortedBefore, ...sortedNow].map(productOf));
  return [...products].sort().flatMap((product) =>
    changesOfProduct(
      sortedBefore.filter((item) => productOf(item) === product),
      sortedNow.filter((item) => productOf(item) === product),
    ),
  );
}

/** Sorts items, so that the result does not depend on their order when several pairings are equally good. */
function sorted(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, key: JSON.stringify([item.status, item.trackingNumber]) }))
    .sort((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)))
    .map(({ item }) => item);
}

function productOf(item: Item): string {
  return JSON.stringify([item.sku, item.product]);
}

function changesOfProduct(before: Item[], now: Item[]): Change[] {
  const gone = [...before];
  const come = now.filter((item) => {
    const same = gone.findIndex((other) => fieldsApart(other, item) === 0);
    if (same !== -1) gone.splice(same, 1);
    return same === -1;
  });
  return [
    ...pair(gone, come).map(([from, to]) => changed(from, to)),
    ...gone.map((item) => removed(item)),
    ...come.map((item) => added(item)),
  ];
}

/** Removes pairs from both lists until one list is empty: first pairs that differ in one field, then any. */
function pair(gone: Item[], come: Item[]): [Item, Item][] {
  const pairs: [Item, Item][] = [];
  const partners = closestPartners(gone, come);
  for (const [to, from] of partners) pairs.push([from, to]);
  const paired = new Set([...partners.keys(), ...partners.values()]);
  take(gone, paired);
  take(come, paired);
  for (let from = gone[0], to = come[0]; from && to; from = gone[0], to = come[0]) {
    pairs.push([from, to]);
    gone.shift();
    come.shift();
  }
  return pairs;
}

function take(items: Item[], taken: ReadonlySet<Item>): void {
  items.splice(0, items.length, ...items.filter((item) => !taken.has(item)));
}

/** The maximum number of pairs that differ in one field: a maximum bipartite matching (Kuhn's algorithm). */
function closestPartners(gone: readonly Item[], come: readonly Item[]): Map<Item, Item> {
  const partners = new Map<Item, Item>();
  const findPartner = (from: Item, seen: Set<Item>): boolean =>
    come.some((to) => {
      if (seen.has(to) || fieldsApart(from, to) !== 1) return false;
      seen.add(to);
      const rival = partners.get(to);
      if (rival !== undefined && !findPartner(rival, seen)) return false;
      partners.set(to, from);
      return true;
    });
  for (const from of gone) findPartner(from, new Set());
  return partners;
}

function fieldsApart(a: Item, b: Item): number {
  return Number(a.status !== b.status) + Number(a.trackingNumber !== b.trackingNumber);
}

function changed(from: Item, to: Item): Change {
  return {
    change: 'changed',
    ...sku(to),
    ...(from.status !== to.status && { ...statusFrom(from), ...statusTo(to) }),
    ...(from.trackingNumber !== to.trackingNumber && { ...trackingFrom(from), ...trackingTo(to) }),
  };
}

function removed(item: Item): Change {
  return { change: 'removed', ...sku(item), ...statusFrom(item), ...trackingFrom(item) };
}

function added(item: Item): Change {
  return { change: 'added', ...sku(item), ...statusTo(item), ...trackingTo(item) };
}

const sku = (item: Item) => item.sku !== undefined && { sku: item.sku };
const statusFrom = (item: Item) => item.status !== undefined && { statusFrom: item.status };
const statusTo = (item: Item) => item.status !== undefined && { statusTo: item.status };
const trackingFrom = (item: Item) =>
  item.trackingNumber !== undefined && { trackingNumberFrom: item.trackingNumber };
const trackingTo = (item: Item) =>
  item.trackingNumber !== undefined && { trackingNumberTo: item.trackingNumber };
