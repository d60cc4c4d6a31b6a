/** Caches results that depend on a text alone. */
export class BoundedCache<Result> {
  readonly #most: number;
  readonly #results = new Map<string, { readonly result: Result }>();

  /** @param most the number of results that are kept: the oldest makes room for a new one */
  constructor(most: number) {
    this.#most = most;
  }

  get(key: string, make: () => Result): Result {
    const known = this.#results.get(key);
    if (known !== undefined) return known.result;
    const result = make();
    const [oldest] = this.#results.keys();
    // Stryker disable next-line ConditionalExpression: a full cache has an oldest result
    if (this.#results.size >= this.#most && oldest !== undefined) this.#results.delete(oldest);
    this.#results.set(key, { result });
    return result;
  }
}
