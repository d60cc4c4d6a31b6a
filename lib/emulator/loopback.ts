/** Excludes the web pages in this machine's browsers from local servers. */
import type { IncomingMessage, Server } from 'node:http';
import { isLoopbackHost } from '../node/http/loopback.ts';

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
