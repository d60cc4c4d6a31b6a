/** Types for the parts of dynalite that the emulator uses. The package has no types. */
declare module 'dynalite' {
  import type { Server } from 'node:http';

  interface Options {
    /** Folder of the LevelDB; without it everything is in memory. */
    readonly path?: string;
    /** For how long a table is `CREATING`. */
    readonly createTableMs?: number;
  }

  /** A server that answers as DynamoDB does. Closing it closes the database, too. */
  function dynalite(options?: Options): Server;
  export = dynalite;
}

/** The store under dynalite: one LevelDB, whose keys begin with `table~`, `item-<table>~` or `index-…~`. */
declare module 'dynalite/db/index.js' {
  interface Range {
    readonly gte: string;
    readonly lt: string;
  }

  type Operation =
    | { readonly type: 'put'; readonly key: string; readonly value: unknown }
    | { readonly type: 'del'; readonly key: string };

  interface Database {
    open(): Promise<void>;
    close(): Promise<void>;
    iterator(range: Range): AsyncIterable<[key: string, value: unknown]>;
    keys(range: Range): AsyncIterable<string>;
    batch(operations: readonly Operation[]): Promise<void>;
  }

  interface IndexEntry {
    readonly index: string;
    readonly key: string;
    readonly item: unknown;
  }

  const store: {
    create(options: { readonly path: string }): { readonly db: Database };
    /** The index entries that a write of `item` adds, when there was no item before. */
    getIndexActions(
      indexes: readonly unknown[],
      existingItem: undefined,
      item: unknown,
      table: unknown,
    ): { readonly puts: readonly IndexEntry[] };
  };
  export default store;
}
