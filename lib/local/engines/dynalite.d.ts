/** Types for the part of dynalite that the local relay uses. The package has no types. */
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
