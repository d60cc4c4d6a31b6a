/** The values that the console's middlewares give to a page. */
import type { HttpBindings } from '@hono/node-server';
import type { Context, Hono } from 'hono';
import type { html } from 'hono/html';
import type { Connection } from '../operator/connection.ts';
import type { BulkJobs } from './runs/bulk-jobs.ts';

/** Escaped HTML. */
export type Html = ReturnType<typeof html>;

/** The properties of a request that the shared pieces need. */
export interface View {
  readonly now: Date;
  readonly relayTitle: string;
  /** Selects the relay in a command of the CLI; empty for a local one on the usual port. */
  readonly relayOption: string;
  readonly isReadOnly: boolean;
  readonly pollSeconds: number;
  readonly nav: readonly NavEntry[];
  /** Empty before sign-in. */
  readonly formToken: string;
  readonly canSignOut: boolean;
}

interface NavEntry {
  readonly path: string;
  readonly label: string;
}

export interface ConsoleEnv {
  /** Absent when the console is called without a socket. */
  readonly Bindings: Partial<HttpBindings>;
  readonly Variables: {
    view: View;
    /** The fields of a checked form. */
    form: Readonly<Record<string, string>>;
  };
}

export type ConsoleContext = Context<ConsoleEnv>;
export type ConsoleApp = Hono<ConsoleEnv>;

export interface PageContext {
  readonly connection: Connection;
  /** Long work that goes on after the answer. */
  readonly jobs: BulkJobs;
}

/** A page of the console, with its entry in the navigation. */
export interface Page extends NavEntry {
  mount(app: ConsoleApp, context: PageContext): void;
}
