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
