/** Computes the changes between two snapshots of an order. The Hub does not send them. */
import { pairItems } from './pair-items.ts';

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

/** Why the changes of an event are not the whole truth. */
export type ChangesNote = keyof typeof NOTES;

const NOTES = {
  'items-cut': 'too many items to compare',
  'too-many-alike': 'too many alike items to pair: a change may name another item of the product',
} as const;

export const CHANGES_NOTES = Object.keys(NOTES) as [ChangesNote, ...ChangesNote[]];

export function changesNoteText(note: ChangesNote): string {
  return NOTES[note];
}

export interface Comparison {
  readonly changes: readonly Change[];
  readonly note?: ChangesNote;
  /** The work of pairing. It is at most {@link PAIRING_STEPS} for an order. */
  readonly steps: number;
}

/** Two snapshots of 10,000 items of one product take up to 800,000 steps, and about half a second. */
export const PAIRING_STEPS = 1_000_000;

/**
 * The smallest set of changes between two snapshots. Items have no id, SKUs repeat and the order may change. Therefore
 * items of the same product are paired so that the fewest fields differ. The order of the items does not matter.
 *
 * Beyond the limit of steps, the changes are still as few as possible and lead from one snapshot to the other, but they
 * may change more fields than necessary. The note then says so.
 */
export function compareItems(
  before: readonly Item[],
  now: readonly Item[],
  stepLimit = PAIRING_STEPS,
): Comparison {
  const [old, fresh] = [byProduct(before), byProduct(now)];
  const products = [...new Set([...old.keys(), ...fresh.keys()])].sort();
  const changes: Change[] = [];
  let steps = 0;
  let isBest = true;
  for (const product of products) {
    const { gone, come } = withoutTwins(old.get(product) ?? [], fresh.get(product) ?? []);
    const paired = pairItems(gone, come, stepLimit - steps);
    steps += paired.steps;
    isBest &&= paired.isBest;
    for (const [from, to] of paired.pairs) changes.push(changed(from, to));
    for (const item of paired.gone) changes.push(removed(item));
    for (const item of paired.come) changes.push(added(item));
  }
  return { changes, steps, ...(!isBest && { note: 'too-many-alike' }) };
}

interface Keyed {
  readonly item: Item;
  readonly key: string;
}

/** Sorted, so that the result does not depend on the order of the items when several pairings are equally good. */
function byProduct(items: readonly Item[]): Map<string, Keyed[]> {
  const keyed = items.map((item) => ({ item, key: JSON.stringify([item.status, item.trackingNumber]) }));
  // Stryker disable next-line ConditionalExpression,EqualityOperator: any order of the keys will do
  keyed.sort((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)));
  return Map.groupBy(keyed, ({ item }) => JSON.stringify([item.sku, item.product]));
}

/** Leaves out the items that are in both snapshots. */
function withoutTwins(before: readonly Keyed[], now: readonly Keyed[]): { gone: Item[]; come: Item[] } {
  return { gone: minus(before, now), come: minus(now, before) };
}

function minus(items: readonly Keyed[], others: readonly Keyed[]): Item[] {
  const left = new Map<string, number>();
  for (const { key } of others) left.set(key, (left.get(key) ?? 0) + 1);
  const rest: Item[] = [];
  for (const { item, key } of items) {
    const twins = left.get(key) ?? 0;
    if (twins === 0) rest.push(item);
    else left.set(key, twins - 1);
  }
  return rest;
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
