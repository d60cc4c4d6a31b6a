/** Virtual time and seeded chance: the same seed gives the same run, to the last step. */

/** Mulberry32: small, fast, and good enough to shuffle. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Step {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** Runs what was planned in the order of its virtual time; between two steps, everything that can go on does. */
export class Scheduler {
  readonly random: () => number;
  #nowMs = Date.parse('2026-03-01T00:00:00Z');
  readonly #steps: Step[] = [];
  #planned = 0;

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.random() < probability;
  }

  between(least: number, most: number): number {
    return least + this.random() * (most - least);
  }

  pick<Element>(elements: readonly Element[]): Element {
    if (elements.length === 0) throw new Error('nothing to pick from');
    return elements[Math.floor(this.random() * elements.length)] as Element;
  }

  after(delayMs: number, run: () => void): void {
    const step = { atMs: this.#nowMs + delayMs, order: this.#planned++, run };
    this.#steps.push(step);
    this.#siftUp(this.#steps.length - 1);
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.after(delayMs, resolve));
  }

  /** Until nothing is planned any more, or `stop` says so. */
  async run(stop: () => boolean): Promise<void> {
    while (!stop()) {
      const step = this.#takeFirst();
      if (step === undefined) return;
      this.#nowMs = step.atMs;
      step.run();
      await settled();
    }
  }

  #takeFirst(): Step | undefined {
    const first = this.#steps[0];
    const last = this.#steps.pop();
    if (first === undefined || last === undefined || this.#steps.length === 0) return first;
    this.#steps[0] = last;
    this.#siftDown();
    return first;
  }

  #siftUp(start: number): void {
    for (let at = start; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #siftDown(): void {
    for (let at = 0; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      let least = at;
      if (left < this.#steps.length && this.#isBefore(left, least)) least = left;
      if (right < this.#steps.length && this.#isBefore(right, least)) least = right;
      if (least === at) return;
      this.#swap(at, least);
      at = least;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [first, second] = [this.#steps[a], this.#steps[b]];
    if (first === undefined || second === undefined) return false;
    return first.atMs < second.atMs || (first.atMs === second.atMs && first.order < second.order);
  }

  #swap(a: number, b: number): void {
    const [first, second] = [this.#steps[a], this.#steps[b]];
    if (first === undefined || second === undefined) return;
    this.#steps[a] = second;
    this.#steps[b] = first;
  }
}

/** Node runs every promise that can go on before it runs the next immediate. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
