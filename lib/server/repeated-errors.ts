/** Limits how often the log repeats an error. On a full disk, each webhook fails in the same way. */

const WINDOW_MS = 60_000;
/** The same error in a window. The fields of the first ones name examples. */
const MOST_LINES = 10;
/** Errors whose text differs each time must not fill the memory. */
const MOST_ERRORS = 1_000;

export interface OmittedError {
  readonly message: string;
  readonly error: Error;
  readonly omitted: number;
}

export class RepeatedErrors {
  readonly #lines = new Map<string, { readonly message: string; readonly error: Error; count: number }>();
  #sinceMs = Number.NEGATIVE_INFINITY;

  /** False when the error's line must be omitted. */
  allows(message: string, error: Error): boolean {
    const key = `${message} ${error.message}`;
    const known = this.#lines.get(key);
    if (known === undefined) {
      if (this.#lines.size < MOST_ERRORS) this.#lines.set(key, { message, error, count: 1 });
      return true;
    }
    known.count += 1;
    return known.count <= MOST_LINES;
  }

  /** Once after each minute: the errors whose lines were omitted in it. */
  takeOmitted(now: Date): readonly OmittedError[] {
    const sinceMs = this.#sinceMs;
    const nowMs = now.getTime();
    if (nowMs >= sinceMs && nowMs - sinceMs < WINDOW_MS) return [];
    this.#sinceMs = nowMs;
    const all = [...this.#lines.values()];
    this.#lines.clear();
    return all.flatMap(({ message, error, count }) =>
      count > MOST_LINES ? [{ message, error, omitted: count - MOST_LINES }] : [],
    );
  }
}
