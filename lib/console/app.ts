/**
 * The web console: server-rendered pages over the operator's functions. It has no rules of its own.
 *
 * To add a page, write one file that exports a {@link Page} and add it to `pages.ts`:
 * - `mount(app, context)` registers its routes. Everything in `safety/` has run before: the request has a session, and a
 *   POST has the right origin and form token. Read a form with `formOf(c, schema)`.
 * - Answer with `showPage(c, { title, path, content })`. It shows the fragment alone when htmx asks for it.
 * - Build content with `html` of `hono/html`, which escapes every value. Text from webhooks, answers and rows goes through
 *   `untrusted(text)`. `raw` is for constants of this folder only.
 * - The content security policy forbids inline styles, inline scripts, `hx-on`, `hx-vals='js:'` and filters in
 *   `hx-trigger`. Use classes of `assets/console.css`, `<progress>` and `<meter>`.
 * - A form that changes something is `actionForm(view, …)`: it adds the form token, asks before destructive actions, and
 *   is absent in read-only mode.
 * - Fields of forms are in `layout/form-field.ts`. With a `checkPath`, the server says beside a field what is wrong with it
 *   while a person types: answer with `problemUpdates(names, problems)`.
 * - Live parts are `liveRegion(…)`: htmx polls and morphs, so focus, scroll and open details stay.
 * - Work on many rows is a job: `context.jobs.start(…)`, shown by `runList(…)` with a progress bar and a stop button.
 * - Pieces: `stateBadge`, `timeAgo`, `exactTime`, `emptyState`, `errorState`, `dataTable`, `pager`, `hourChart`.
 * - Errors of the operator's functions need no handling: `errors.ts` shows them with what to do next.
 * - Every page of `pages.ts` is tested for accessibility, phones and hostile texts, and has its pictures, without further
 *   work. `test/console/a-console.ts` serves a relay in memory; `busy-relay.ts` fills it.
 */
import { Hono } from 'hono';
import type { Connection } from '../operator/connection.ts';
import { mountAssets } from './assets/assets.ts';
import type { ConsoleEnv, PageContext } from './console-env.ts';
import { onError, onNotFound } from './errors.ts';
import { PAGES } from './pages.ts';
import { BulkJobs } from './runs/bulk-jobs.ts';
import { mountRuns } from './runs/run-list.ts';
import { signIn } from './safety/access.ts';
import type { Access } from './safety/access-kinds.ts';
import { checkForms } from './safety/checked-forms.ts';
import { checkHost } from './safety/host-check.ts';
import { limitBody } from './safety/limit-body.ts';
import { securityHeaders } from './safety/security-headers.ts';
import { viewOf } from './view.ts';

export interface ConsoleOptions {
  readonly connection: Connection;
  readonly access: Access;
  /** The names by which browsers may address the console, without a port. */
  readonly hosts: readonly string[];
  /** Shows everything and changes nothing. */
  readonly isReadOnly?: boolean;
  /** How often live parts ask for news. A deployed relay charges for reads. */
  readonly pollSeconds?: number;
  /** Explains a failure of the services behind the connection in one sentence; undefined for any other error. */
  explainFailure?(error: unknown): string | undefined;
  /** Receives a sentence about each unexpected error. */
  warn?(message: string): void;
}

/** Two expressions of 8 KB and certificates fit. */
const BODY_LIMIT_BYTES = 256 * 1024;

/** The console as a fetch handler. */
export function createConsole(options: ConsoleOptions): Hono<ConsoleEnv> {
  const { connection, access, hosts, isReadOnly = false, pollSeconds = 2 } = options;
  const app = new Hono<ConsoleEnv>();
  app.onError(onError(options));
  app.notFound(onNotFound);
  app.use(securityHeaders);
  app.use(checkHost(hosts));
  app.use(viewOf({ connection, isReadOnly, pollSeconds, pages: PAGES }));
  mountAssets(app);
  const session = signIn(app, access, connection.clock);
  app.post('*', limitBody(BODY_LIMIT_BYTES));
  app.use(checkForms(session, { isReadOnly }));
  const jobs = new BulkJobs(connection.clock, options);
  mountRuns(app, jobs);
  const context: PageContext = { connection, jobs };
  for (const page of PAGES) page.mount(app, context);
  return app;
}
