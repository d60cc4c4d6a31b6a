/** Restricts local servers to programs on this machine, and excludes web pages in its browsers. */
import type { IncomingMessage, Server } from 'node:http';

export const LOOPBACK = '127.0.0.1';

/** True for a `Host` header that names this machine by its loopback, with or without a port. */
export function isLoopbackHost(host: string | undefined): boolean {
  return host !== undefined && /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i.test(host);
}

/**
 * Refuses requests of web pages. A page of any site can send requests to a port on loopback. They have an `Origin`
 * header; or, when the site's name resolves to 127.0.0.1, they have that name in the `Host` header.
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
