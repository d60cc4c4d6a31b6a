/** Notices that another process, such as the CLI, has written to the file. */
import type { Connection } from './connection.ts';

/** A program that has just written needs longer than this until anybody can know of it. */
const CHECK_EVERY_MS = 1;

export class ForeignChanges {
  readonly #writer: Connection;
  #seenVersion: unknown;
  #checkedAtMs = Number.NEGATIVE_INFINITY;

  constructor(writer: Connection) {
    this.#writer = writer;
    this.#seenVersion = this.#version();
  }

  /** True once after another process has committed. Looks once in a millisecond: that costs some microseconds. */
  haveHappened(): boolean {
    const nowMs = performance.now();
    if (nowMs - this.#checkedAtMs < CHECK_EVERY_MS) return false;
    this.#checkedAtMs = nowMs;
    const version = this.#version();
    if (version === this.#seenVersion) return false;
    this.#seenVersion = version;
    return true;
  }

  /** Changes only when another connection commits. The reader of this process never does. */
  #version(): unknown {
    return this.#writer.first('PRAGMA data_version')?.data_version;
  }
}
