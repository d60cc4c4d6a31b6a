/** Pairs the items of one product that are gone with those that have appeared, so that the fewest fields differ. */
import { type Edge, maximumFlow } from './maximum-flow.ts';

export interface PairedItem {
  readonly status?: string;
  readonly trackingNumber?: string;
}

export interface Pairs<Paired> {
  readonly pairs: readonly (readonly [from: Paired, to: Paired])[];
  /** Items without a partner. One of both lists is empty. */
  readonly gone: readonly Paired[];
  readonly come: readonly Paired[];
  readonly steps: number;
  /** False when the items are too many and too alike: another pairing may have fewer different fields. */
  readonly isBest: boolean;
}

/**
 * As many pairs as possible that differ in one field, then any. No item may be on both sides.
 *
 * Two items differ in one field when they share the status or the tracking number. So this is a flow: from the items that
 * are gone, through the values, to the items that have appeared. An item has two values, so the network grows with the
 * number of items, not with the number of pairs. Identical items are one node.
 */
export function pairItems<Paired extends PairedItem>(
  gone: readonly Paired[],
  come: readonly Paired[],
  stepLimit: number,
): Pairs<Paired> {
  if (gone.length === 0 || come.length === 0) return { pairs: [], gone, come, steps: 0, isBest: true };
  // Most webhooks change one item.
  const [only, other] = [single(gone), single(come)];
  if (only !== undefined && other !== undefined)
    return { pairs: [[only, other]], gone: [], come: [], steps: 0, isBest: true };
  const [from, to] = [grouped(gone), grouped(come)];
  const network = networkOf([...from.values()], [...to.values()]);
  const { steps, isMaximum } = maximumFlow(network.edges, { ...network, stepLimit });
  const pairs = network.values.flatMap(({ incoming, outgoing }) => zip(taken(incoming), taken(outgoing)));
  const [goneLeft, comeLeft] = [[...from.values()].flat(), [...to.values()].flat()];
  const others = zip(goneLeft, comeLeft);
  return {
    pairs: [...pairs, ...others],
    gone: goneLeft.slice(others.length),
    come: comeLeft.slice(others.length),
    steps,
    isBest: isMaximum,
  };
}

/** The items at the same places. Without the rest of the longer list. */
function zip<Paired>(left: readonly Paired[], right: readonly Paired[]): (readonly [Paired, Paired])[] {
  return left.flatMap((item, index) => {
    const partner = right[index];
    return partner === undefined ? [] : [[item, partner] as const];
  });
}

function single<Paired>(items: readonly Paired[]): Paired | undefined {
  return items.length === 1 ? items[0] : undefined;
}

/** Identical items by their values. Copies, because the pairing takes items out. */
function grouped<Paired extends PairedItem>(items: readonly Paired[]): Map<string, Paired[]> {
  return Map.groupBy(items, ({ status, trackingNumber }) => JSON.stringify([status, trackingNumber]));
}

interface Branch<Paired> {
  readonly group: Paired[];
  readonly edge: Edge;
}

interface Value<Paired> {
  readonly node: number;
  readonly incoming: Branch<Paired>[];
  readonly outgoing: Branch<Paired>[];
}

const SOURCE = 0;
const SINK = 1;

function networkOf<Paired extends PairedItem>(gone: readonly Paired[][], come: readonly Paired[][]) {
  let nodes = 2;
  // Stryker disable next-line ArrayDeclaration: an edge between no nodes changes nothing
  const edges: Edge[] = [];
  const values = new Map<string, Value<Paired>>();
  const connect = (from: number, to: number, capacity: number): Edge => {
    const edge = { from, to, capacity, flow: 0 };
    edges.push(edge);
    return edge;
  };
  const valuesOf = ([item]: readonly Paired[]) =>
    // Stryker disable next-line OptionalChaining: a group has an item
    [item?.status, item?.trackingNumber].map((field, index) => {
      const name = JSON.stringify([index, field]);
      const value = values.get(name) ?? { node: nodes++, incoming: [], outgoing: [] };
      values.set(name, value);
      return value;
    });
  for (const group of gone) {
    const node = nodes++;
    connect(SOURCE, node, group.length);
    for (const value of valuesOf(group))
      value.incoming.push({ group, edge: connect(node, value.node, group.length) });
  }
  for (const group of come) {
    const node = nodes++;
    connect(node, SINK, group.length);
    for (const value of valuesOf(group))
      value.outgoing.push({ group, edge: connect(value.node, node, group.length) });
  }
  return { edges, nodes, source: SOURCE, sink: SINK, values: [...values.values()] };
}

/** Takes as many items out of each group as flow along its edge. */
function taken<Paired>(branches: readonly Branch<Paired>[]): Paired[] {
  return branches.flatMap(({ group, edge }) => group.splice(0, edge.flow));
}
