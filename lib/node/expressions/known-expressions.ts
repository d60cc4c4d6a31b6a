/** Remembers for three minutes which expressions were slow, and which ones ran away. */

/** A slow expression then gets another chance to be quick, and a runaway one is evaluated again. */
const REMEMBERED_MS = 3 * 60_000;

interface Known {
  readonly durationMs: number;
  readonly ranAway: boolean;
  /** On the monotonic clock. */
  readonly untilMs: number;
}

export class KnownExpressions {
  readonly #known = new Map<string, Known>();

  /** The last duration of an expression that was slow; 0 for all others. */
  durationOf(expression: string): number {
    return this.#current(expression)?.durationMs ?? 0;
  }

  ranAway(expression: string): boolean {
    return this.#current(expression)?.ranAway ?? false;
  }

  noteSlow(expression: string, durationMs: number): void {
    this.#note(expression, durationMs, false);
  }

  noteQuick(expression: string): void {
    this.#known.delete(expression);
  }

  noteRunaway(expression: string, durationMs: number): void {
    this.#note(expression, durationMs, true);
  }

  #note(expression: string, durationMs: number, ranAway: boolean): void {
    const nowMs = performance.now();
    // Endpoints change their expressions: the memory must not grow with texts that nobody uses any more.
    for (const [text, { untilMs }] of this.#known) if (untilMs <= nowMs) this.#known.delete(text);
    this.#known.set(expression, { durationMs, ranAway, untilMs: nowMs + REMEMBERED_MS });
  }

  #current(expression: string): Known | undefined {
    const known = this.#known.get(expression);
    return known !== undefined && known.untilMs > performance.now() ? known : undefined;
  }
}
