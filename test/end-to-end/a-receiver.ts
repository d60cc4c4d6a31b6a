/** A server that stands for everybody's systems: it takes webhooks on any path, and keeps what it got. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';

/** Percent-encoded, an order id of thousands of characters passes Node's default of 16 KB. */
const HEADERS_LIMIT_BYTES = 128 * 1024;

/** A request as it came in, and what has become of it. */
export interface Arrival {
  readonly eventId: string;
  readonly method: string;
  /** As it stood in the request line. */
  readonly url: string;
  /** Of `url`, without the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** By the monotonic clock, when all of it was there. */
  readonly atMs: number;
  /** The status that it was answered with; absent for as long as it has no whole answer. */
  readonly answered?: number;
}

/** Answers a request, of which `attempt` counts, from one, how often this event has come to this path. */
export type Answer = (response: ServerResponse, attempt: number) => unknown;

export interface Receiver {
  /** Without a slash at the end. */
  readonly url: string;
  /** In the order in which they came. */
  readonly arrivals: readonly Arrival[];
  stop(): Promise<void>;
}

/** Listens on a free port of 127.0.0.1; paths without an answer of their own answer 200. */
export async function startReceiver(answers: Readonly<Record<string, Answer>> = {}): Promise<Receiver> {
  const arrivals: Arrival[] = [];
  const server = createServer({ maxHeaderSize: HEADERS_LIMIT_BYTES }, async (request, response) => {
    const arrival = await read(request);
    if (arrival === undefined) return;
    const attempt = 1 + arrivals.filter((earlier) => isSame(earlier, arrival)).length;
    const index = arrivals.push(arrival) - 1;
    response.on('finish', () => {
      arrivals[index] = { ...arrival, answered: response.statusCode };
    });
    const { [arrival.path]: answer = answers200 } = answers;
    answer(response, attempt);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = z.object({ port: z.int() }).parse(server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    arrivals,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function answers200(response: ServerResponse): void {
  response.end();
}

/** Undefined when the sender went away in the middle of it. */
async function read(request: IncomingMessage): Promise<Arrival | undefined> {
  const { method = '', url = '', headers } = request;
  try {
    const body = Buffer.concat(await request.toArray());
    const [path = ''] = url.split('?');
    const eventId = String(headers['webhook-id']);
    return { eventId, method, url, path, headers, body, atMs: performance.now() };
  } catch {
    // It was killed, or gave up; what was not sent whole did not arrive.
    return undefined;
  }
}

function isSame(one: Arrival, other: Arrival): boolean {
  return one.eventId === other.eventId && one.path === other.path;
}
