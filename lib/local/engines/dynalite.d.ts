/** What is used of dynalite, which brings no types of its own. */
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

/** Its functions call each other by way of this object. */
declare module 'dynalite/db/index.js' {
  type Row = Readonly<Record<string, unknown>>;

  const db: {
    /** The error of a condition that a row does not meet, if it does not. */
    checkConditional(
      request: Readonly<Record<string, unknown>>,
      row: Row | undefined,
    ): { body: Record<string, unknown> } | null | undefined;
  };
  export = db;
}

declare module 'dynalite/validations/updateItem.js' {
  /** The parameters that a request may have; all others are dropped. */
  export const types: Record<string, { readonly type: string; readonly enum?: readonly string[] }>;
}
