/** The maximum flow through a network (Dinic's algorithm), within a limit of steps. */

/** A directed edge. `flow` is set by {@link maximumFlow}. */
export interface Edge {
  readonly from: number;
  readonly to: number;
  readonly capacity: number;
  flow: number;
}

export interface Flow {
  /** Edges that were looked at. Each costs about the same time, so the steps say how long it took. */
  readonly steps: number;
  /** False when the steps ran out. The flow is valid, but a greater one may exist. */
  readonly isMaximum: boolean;
}

/** Raises the flow of the edges from `source` to `sink` to the maximum, starting with the flow that they have. */
export function maximumFlow(edges: readonly Edge[], { nodes, source, sink, stepLimit }: Network): Flow {
  const search = new Search(edges, nodes, stepLimit);
  while (search.findLevels(source, sink)) search.saturate(source, sink);
  return { steps: search.steps, isMaximum: search.steps < stepLimit };
}

export interface Network {
  /** Nodes are numbered from 0. */
  readonly nodes: number;
  readonly source: number;
  readonly sink: number;
  readonly stepLimit: number;
}

/** An edge as one of its two nodes sees it: flow can go along it, or be taken back against it. */
interface Arc {
  readonly edge: Edge;
  readonly to: number;
}

class Search {
  readonly #arcs: Arc[][];
  readonly #stepLimit: number;
  steps = 0;
  /** The distance of each node from the source. */
  // Stryker disable next-line ArrayDeclaration: findLevels replaces it
  #levels: (number | undefined)[] = [];
  /** The first arc of each node that may still lead to the sink. */
  // Stryker disable next-line ArrayDeclaration: findLevels replaces it
  #next: number[] = [];

  constructor(edges: readonly Edge[], nodes: number, stepLimit: number) {
    this.#stepLimit = stepLimit;
    this.#arcs = Array.from({ length: nodes }, () => []);
    for (const edge of edges) {
      this.#arcsOf(edge.from).push({ edge, to: edge.to });
      this.#arcsOf(edge.to).push({ edge, to: edge.from });
    }
  }

  #arcsOf(node: number): Arc[] {
    // Stryker disable next-line ArrayDeclaration: each node has arcs
    return this.#arcs[node] ?? [];
  }

  /** False when no path is left, or no steps. */
  findLevels(source: number, sink: number): boolean {
    // Stryker disable next-line ArrayDeclaration: the length only saves time
    const levels: (number | undefined)[] = new Array(this.#arcs.length).fill(undefined);
    levels[source] = 0;
    const queue = [source];
    for (const node of queue) {
      for (const arc of this.#arcsOf(node)) {
        this.steps += 1;
        if (levels[arc.to] !== undefined || room(arc) === 0) continue;
        levels[arc.to] = (levels[node] ?? 0) + 1;
        queue.push(arc.to);
      }
      if (this.steps >= this.#stepLimit) return false;
    }
    this.#levels = levels;
    // Stryker disable next-line ArrayDeclaration: the length only saves time
    this.#next = new Array(this.#arcs.length).fill(0);
    return levels[sink] !== undefined;
  }

  /** Sends flow along shortest paths until none is left. A loop, because a path may be as long as an order. */
  saturate(source: number, sink: number): void {
    const path: Arc[] = [];
    while (this.steps < this.#stepLimit) {
      const node = path.at(-1)?.to ?? source;
      if (node === sink) {
        push(path);
        path.length = 0;
        continue;
      }
      const arc = this.#nextArc(node);
      if (arc !== undefined) path.push(arc);
      else if (path.length === 0) return;
      else this.#skip(path, source);
    }
  }

  #nextArc(node: number): Arc | undefined {
    const arcs = this.#arcsOf(node);
    const level = this.#levels[node] ?? 0;
    let index = this.#next[node] ?? 0;
    for (let arc = arcs[index]; arc !== undefined; arc = arcs[++index]) {
      this.steps += 1;
      this.#next[node] = index;
      if (room(arc) > 0 && this.#levels[arc.to] === level + 1) return arc;
    }
    this.#next[node] = index;
    return undefined;
  }

  /** The path's last node leads nowhere. */
  #skip(path: Arc[], source: number): void {
    path.pop();
    const node = path.at(-1)?.to ?? source;
    this.#next[node] = (this.#next[node] ?? 0) + 1;
  }
}

/** The flow that can still go along the arc. */
function room({ edge, to }: Arc): number {
  return to === edge.to ? edge.capacity - edge.flow : edge.flow;
}

function push(path: readonly Arc[]): void {
  const amount = path.reduce((least, arc) => Math.min(least, room(arc)), Number.POSITIVE_INFINITY);
  for (const { edge, to } of path) edge.flow += to === edge.to ? amount : -amount;
}
