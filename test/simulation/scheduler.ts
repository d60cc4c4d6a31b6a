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

/** So many steps take a few milliseconds. */
const STEPS_IN_A_ROW = 100;

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

  readonly seed: number;

  constructor(seed: number) {
    this.seed = seed;
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
    this.#siftUp(step);
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.after(delayMs, resolve));
  }

  /** Until nothing is planned any more, or `stop` says so. */
  async run(stop: () => boolean): Promise<void> {
    for (let steps = 1; !stop(); steps++) {
      const step = this.#takeFirst();
      if (step === undefined) return;
      this.#nowMs = step.atMs;
      step.run();
      await (steps % STEPS_IN_A_ROW === 0 ? turnOfTheEventLoop() : settled());
    }
  }

  #takeFirst(): Step | undefined {
    const [first] = this.#steps;
    const last = this.#steps.pop();
    if (last !== undefined && this.#steps.length > 0) this.#siftDown(last);
    return first;
  }

  /** Adds a step at the end of the heap, and moves it up to its place. */
  #siftUp(step: Step): void {
    const steps = this.#steps;
    let at = steps.length;
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = steps[parentAt];
      if (parent === undefined || !isBefore(step, parent)) break;
      steps[at] = parent;
      at = parentAt;
    }
    steps[at] = step;
  }

  /** Puts a step at the top of the heap, and moves it down to its place. */
  #siftDown(step: Step): void {
    const steps = this.#steps;
    let at = 0;
    for (;;) {
      let childAt = 2 * at + 1;
      let child = steps[childAt];
      if (child === undefined) break;
      const right = steps[childAt + 1];
      if (right !== undefined && isBefore(right, child)) {
        childAt += 1;
        child = right;
      }
      if (!isBefore(child, step)) break;
      steps[at] = child;
      at = childAt;
    }
    steps[at] = step;
  }
}

function isBefore(one: Step, other: Step): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}

/** Node runs every promise that can go on before it runs the next tick. */
function settled(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

/** Costs several times as much, and lets the test runner's timers and messages have their turn. */
function turnOfTheEventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
