/** Keeps what listens on this machine to this machine, and to programs that a person started on it. */
import type { IncomingMessage, Server } from 'node:http';

export const LOOPBACK = '127.0.0.1';

/** True for a `Host` header that names this machine by its loopback, with or without a port. */
export function isLoopbackHost(host: string | undefined): boolean {
  return host !== undefined && /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i.test(host);
}

/**
 * Refuses what a web page in a browser could send to a server on loopback. A page of any site can reach its port, with
 * an `Origin` header; and when the site's name is made to resolve to 127.0.0.1, then without one, but under that name.
 */
export function refuseBrowsers(server: Server): void {
  const handlers = server.listeners('request');
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    if (isFromBrowser(request)) {
      response.writeHead(403).end();
      return;
    }
    for (const handler of handlers) Reflect.apply(handler, server, [request, response]);
  });
}

function isFromBrowser({ headers }: IncomingMessage): boolean {
  return headers.origin !== undefined || !isLoopbackHost(headers.host);
}
