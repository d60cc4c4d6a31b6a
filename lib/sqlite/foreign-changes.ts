/** Notices that another process, such as the CLI, has written to the file. */
import type { Connection } from './connection.ts';

/** The other program takes longer than this to report its success. So a webhook after that report sees the change. */
const CHECK_EVERY_MS = 1;

export class ForeignChanges {
  readonly #connection: Connection;
  #seenVersion: unknown;
  #checkedAtMs = Number.NEGATIVE_INFINITY;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#seenVersion = this.#version();
  }

  /** True once after another process has committed. It looks at most once in a millisecond, because each look takes some microseconds. */
  haveHappened(): boolean {
    const nowMs = performance.now();
    if (nowMs - this.#checkedAtMs < CHECK_EVERY_MS) return false;
    this.#checkedAtMs = nowMs;
    const version = this.#version();
    if (version === this.#seenVersion) return false;
    this.#seenVersion = version;
    return true;
  }

  /** Changes only when another connection commits. */
  #version(): unknown {
    return this.#connection.first('PRAGMA data_version')?.data_version;
  }
}
