/**
 * Rejects requests that address the console by an unknown name. A page of an attacker can make its own name resolve to
 * 127.0.0.1 (DNS rebinding); the browser then sends that name.
 */
import { createMiddleware } from 'hono/factory';
import type { ConsoleEnv } from '../console-env.ts';

/** @param hosts names without ports; an IPv6 address in brackets */
export function checkHost(hosts: readonly string[]) {
  const allowed = new Set(hosts.map((host) => host.toLowerCase()));
  return createMiddleware<ConsoleEnv>(async (c, next) => {
    if (allowed.has(hostnameOf(c.req.header('host') ?? ''))) return next();
    return c.text('The console is not served under this name. Use the address that the relay printed.', 421);
  });
}

function hostnameOf(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, '');
}
