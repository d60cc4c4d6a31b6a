/** Gives every request its view: what the shared pieces need to know. */
import { createMiddleware } from 'hono/factory';
import type { Connection } from '../operator/connection.ts';
import type { ConsoleEnv, Page } from './console-env.ts';

export interface ViewOptions {
  readonly connection: Pick<Connection, 'relay' | 'clock'>;
  readonly isReadOnly: boolean;
  readonly pollSeconds: number;
  readonly pages: readonly Page[];
}

export function viewOf({ connection, isReadOnly, pollSeconds, pages }: ViewOptions) {
  const nav = pages.map(({ path, label }) => ({ path, label }));
  return createMiddleware<ConsoleEnv>(async (c, next) => {
    c.set('view', {
      now: connection.clock.now(),
      relayTitle: connection.relay.title,
      relayOption: connection.relay.option ?? '',
      isReadOnly,
      pollSeconds,
      nav,
      formToken: '',
      canSignOut: false,
    });
    await next();
  });
}
