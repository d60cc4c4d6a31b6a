/** How the CLI serves the console, which it does not import. */
import type { Connection } from '../connection.ts';

/** `lib/console` implements it, and `bin` passes it in. */
export type ServeConsole = (options: {
  readonly connection: Connection;
  readonly port: number;
  readonly isReadOnly: boolean;
  readonly pollSeconds: number;
  /** Absent: on 127.0.0.1, for whoever has the address. */
  readonly network?:
    | { readonly listenOn: string; readonly hosts: readonly string[]; readonly password: string }
    | undefined;
  explainFailure(error: unknown): string | undefined;
  warn(message: string): void;
}) => Promise<{ readonly address: string; stop(): Promise<void> }>;
