/** A local HTTP server that stands for somebody's system: it takes webhooks and says what it got. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export type Ordering = 'latest' | 'strict';

/** A request as a receiver got it, and how it answered. */
export interface Arrival {
  readonly endpointId: string;
  readonly eventId: string;
  readonly orderId: string | null;
  readonly contentType: string | undefined;
  readonly body: Buffer;
  readonly status: number;
  /** When the answer was given, in epoch milliseconds. */
  readonly answeredAtMs: number;
}

export interface Receiver {
  readonly id: string;
  readonly url: string;
  readonly ordering: Ordering;
  /** How it answers, in words. */
  readonly behaviour: string;
  stop(): Promise<void>;
}

/** How a receiver answers its `count`th request, from one. */
export interface Behaviour {
  readonly description: string;
  answer(count: number): Promise<number>;
}

export const ANSWERS: Behaviour = { description: 'answers at once', answer: async () => 200 };

export const FAILS_ONCE: Behaviour = {
  description: 'fails once',
  answer: async (count) => (count === 1 ? 503 : 200),
};

/** Clearly over the two seconds of a slow endpoint: at the limit, it would delay the others by its own time. */
export const TAKES_THREE_SECONDS: Behaviour = {
  description: 'takes three seconds',
  answer: async () => {
    await sleep(3_000);
    return 200;
  },
};

/** Listens on a free port of 127.0.0.1. */
export async function startReceiver(
  id: string,
  ordering: Ordering,
  behaviour: Behaviour,
  onArrival: (arrival: Arrival) => void,
): Promise<Receiver> {
  let count = 0;
  const server = createServer(async (request, response) => {
    count += 1;
    const status = behaviour.answer(count);
    const body = await readBody(request);
    const arrival = {
      endpointId: id,
      eventId: String(request.headers['webhook-id']),
      orderId: new URL(request.url ?? '/', 'http://localhost').searchParams.get('orderid'),
      contentType: request.headers['content-type'],
      body,
      status: await status,
    };
    response.writeHead(arrival.status).end(() => onArrival({ ...arrival, answeredAtMs: Date.now() }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    id,
    url: `http://127.0.0.1:${port}/hook?orderid=`,
    ordering,
    behaviour: behaviour.description,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}
