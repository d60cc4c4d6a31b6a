import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Edge, maximumFlow } from '../../../lib/relay/model/maximum-flow.ts';

const [SOURCE, SINK] = [0, 1];
const NODES = 6;

const anEdge = (from: number, to: number, capacity = 1, flow = 0): Edge => ({ from, to, capacity, flow });
const raised = (edges: Edge[], stepLimit = 10_000) =>
  maximumFlow(edges, { nodes: NODES, source: SOURCE, sink: SINK, stepLimit });

const total = (edges: readonly Edge[]) => edges.reduce((sum, edge) => sum + edge.flow, 0);
const into = (node: number, edges: readonly Edge[]) => total(edges.filter(({ to }) => to === node));
const outOf = (node: number, edges: readonly Edge[]) => total(edges.filter(({ from }) => from === node));

const node = fc.nat(NODES - 1);
const edge = fc
  .tuple(node, node, fc.nat(4))
  .filter(([from, to]) => from !== to && to !== SOURCE && from !== SINK)
  .map(([from, to, capacity]) => anEdge(from, to, capacity));
const network = fc.array(edge, { maxLength: 14 });

describe('the maximum flow', () => {
  it('is as much as the narrowest cut between source and sink lets through', () => {
    fc.assert(
      fc.property(network, (edges) => {
        expect(raised(edges).isMaximum).toBe(true);
        expect(into(SINK, edges)).toBe(narrowestCut(edges));
      }),
      { numRuns: 500 },
    );
  });

  it('stays within each capacity, and all that enters a node leaves it, whatever the limit of steps', () => {
    fc.assert(
      fc.property(network, fc.nat(60), (edges, stepLimit) => {
        const { isMaximum } = raised(edges, stepLimit);

        for (const { flow: amount, capacity } of edges) {
          expect(amount).toBeGreaterThanOrEqual(0);
          expect(amount).toBeLessThanOrEqual(capacity);
        }
        for (let inner = 2; inner < NODES; inner++) expect(into(inner, edges)).toBe(outOf(inner, edges));
        if (isMaximum) expect(into(SINK, edges)).toBe(narrowestCut(edges));
      }),
      { numRuns: 500 },
    );
  });

  it('takes back flow that it begins with, where this lets more through', () => {
    const edges = [
      ...[anEdge(0, 2, 1, 1), anEdge(2, 5, 1, 1), anEdge(5, 1, 1, 1)],
      ...[anEdge(0, 3), anEdge(3, 5), anEdge(2, 4), anEdge(4, 1)],
    ];

    raised(edges);

    expect(edges.map((one) => one.flow)).toEqual([1, 0, 1, 1, 1, 1, 1]);
  });
});

describe('the steps of the maximum flow', () => {
  /** Six steps find the levels, and five more the path. Then the source is looked at, twice: it has no room left. */
  const path = () => [anEdge(0, 2), anEdge(2, 3), anEdge(3, 1)];

  it.each([
    [1, { steps: 1, isMaximum: false }, 0],
    [11, { steps: 12, isMaximum: false }, 0],
    [12, { steps: 13, isMaximum: false }, 1],
    [13, { steps: 13, isMaximum: false }, 1],
    [14, { steps: 13, isMaximum: true }, 1],
  ])('are counted, and end right after their limit: %i', (stepLimit, result, reached) => {
    const edges = path();

    expect(raised(edges, stepLimit)).toEqual(result);
    expect(into(SINK, edges)).toBe(reached);
  });
});

/** The least capacity that leads out of any set of nodes with the source and without the sink. */
function narrowestCut(edges: readonly Edge[]): number {
  const sets = Array.from(
    { length: 2 ** (NODES - 2) },
    (_, bits) => (one: number) => one === SOURCE || (one !== SINK && (bits >> (one - 2)) % 2 === 1),
  );
  return Math.min(
    ...sets.map((isInside) =>
      edges
        .filter(({ from, to }) => isInside(from) && !isInside(to))
        .reduce((sum, { capacity }) => sum + capacity, 0),
    ),
  );
}
