/** Rejects a form that is too large. */
import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { ConsoleEnv } from '../console-env.ts';

export function limitBody(bytes: number): MiddlewareHandler<ConsoleEnv> {
  return bodyLimit({ maxSize: bytes, onError: (c) => c.text('The form is too large.', 413) });
}
