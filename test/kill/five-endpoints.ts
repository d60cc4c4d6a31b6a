/** Five endpoints in one server, of which one is down until it is said to be up, and all that they were sent. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Endpoint } from '../../lib/relay/endpoint/endpoint.ts';
import type { Random } from '../../lib/relay/model/clock.ts';

export const IDS = ['erp', 'shop', 'audit', 'chat', 'warehouse'] as const;
export type Id = (typeof IDS)[number];
/** The one that is down. */
export const DOWN: Id = 'warehouse';

/** How each wants the events of an order. */
export type Orderings = Readonly<Record<Id, Endpoint['ordering']>>;

/** Each way at least once; that of the one that is down by chance. */
export function drawOrderings(random: Random): Orderings {
  const ofDown = (['latest', 'strict', 'none'] as const)[Math.floor(random() * 3)] ?? 'latest';
  return { erp: 'latest', shop: 'latest', audit: 'strict', chat: 'none', warehouse: ofDown };
}

export interface Arrival {
  readonly endpoint: Id;
  readonly orderId: string;
  readonly eventId: string;
  readonly startedAtMs: number;
  /** When its 2xx went out; absent when none did. */
  acknowledgedAtMs?: number;
  /**
   * The relay had closed the connection before the answer: it gave the request up, or was killed. A server that has no CPU
   * takes a new connection seconds after it was made, and meanwhile answers requests on others.
   */
  isAbandoned?: true;
}

export interface FiveEndpoints {
  readonly arrivals: readonly Arrival[];
  urlOf(id: Id): string;
  comeUp(): void;
  stop(): Promise<void>;
}

/** @param answerAfterMs how long an answer takes, drawn anew for each */
export async function startFiveEndpoints(answerAfterMs: () => number): Promise<FiveEndpoints> {
  const arrivals: Arrival[] = [];
  let isUp = false;
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://127.0.0.1');
    const arrival: Arrival = {
      endpoint: z.enum(IDS).parse(pathname.slice(1)),
      orderId: searchParams.get('orderid') ?? '',
      eventId: String(request.headers['webhook-id']),
      startedAtMs: performance.now(),
    };
    arrivals.push(arrival);
    request.resume();
    await sleep(answerAfterMs());
    // The end of a connection is read in the turn after its last bytes.
    await nextTurn();
    if (request.socket.writableEnded || request.socket.destroyed) arrival.isAbandoned = true;
    if (arrival.endpoint === DOWN && !isUp) {
      response.writeHead(503).end();
      return;
    }
    response.once('finish', () => {
      arrival.acknowledgedAtMs = performance.now();
    });
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = z.looseObject({ port: z.int() }).parse(server.address());
  return {
    arrivals,
    urlOf: (id) => `http://127.0.0.1:${port}/${id}?orderid=`,
    comeUp() {
      isUp = true;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
