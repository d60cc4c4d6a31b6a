/** Notices that another process, such as the CLI, has written to the file. */
import type { Connection } from './connection.ts';

export class ForeignChanges {
  readonly #writer: Connection;
  #seenVersion: unknown;

  constructor(writer: Connection) {
    this.#writer = writer;
    this.#seenVersion = this.#version();
  }

  /** True once after another process has committed. Costs some microseconds. */
  haveHappened(): boolean {
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
