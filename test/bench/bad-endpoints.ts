/** Endpoints that behave badly, each in its own way, from the first request on. */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { z } from 'zod';
import { LOOPBACK } from '../../lib/node/http/loopback.ts';

export const BAD_WAYS = ['hangs', 'refuses', 'answers 500', 'answers after 29 s'] as const;
export type BadWay = (typeof BAD_WAYS)[number];

const SLOW_MS = 29_000;

export interface BadEndpoint {
  readonly url: string;
  /** How many requests came. */
  readonly requests: () => number;
  stop(): Promise<void>;
}

export async function startBadEndpoint(way: BadWay): Promise<BadEndpoint> {
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    request.resume();
    LISTENERS[way](request, response);
  });
  server.listen(0, LOOPBACK);
  await once(server, 'listening');
  const { port } = z.looseObject({ port: z.int() }).parse(server.address());
  // A port that somebody had a moment ago refuses connections.
  if (way === 'refuses') await close(server);
  return {
    url: `http://${LOOPBACK}:${port}/hook?orderid=`,
    requests: () => requests,
    stop: () => close(server),
  };
}

const LISTENERS: Readonly<Record<BadWay, RequestListener>> = {
  hangs: () => {},
  refuses: () => {},
  'answers 500': (_, response) => {
    response.writeHead(500).end();
  },
  'answers after 29 s': (_, response) => {
    const timer = setTimeout(() => response.end(), SLOW_MS);
    response.once('close', () => clearTimeout(timer));
  },
};

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}
