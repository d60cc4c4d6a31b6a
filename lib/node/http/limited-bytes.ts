/** The first bytes of a stream. */
export class LimitedBytes {
  readonly #chunks: Uint8Array[] = [];
  readonly #limitBytes: number;
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get isFull(): boolean {
    return this.#bytes >= this.#limitBytes;
  }

  /** Cuts what is beyond the limit. */
  add(chunk: Uint8Array): void {
    if (this.isFull) return;
    const first = chunk.subarray(0, this.#limitBytes - this.#bytes);
    this.#chunks.push(first);
    this.#bytes += first.length;
  }

  toBytes(): Uint8Array {
    const [first = new Uint8Array()] = this.#chunks;
    return this.#chunks.length > 1 ? Buffer.concat(this.#chunks) : first;
  }
}
