/** The thread of `receivers.ts`: HTTP servers that answer at once, and know what they got and when. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { epochMs } from '../../lib/emulator/lambda/invocation.ts';
import { LOOPBACK } from '../../lib/node/http/loopback.ts';
import type { Arrivals } from './receivers.ts';

const { count } = z.strictObject({ count: z.int() }).parse(workerData);

/** By event id: which receivers have it, and since when the last of them has. */
const events = new Map<string, { readonly by: Set<number>; lastAtMs: number }>();
let arrived = 0;
let repeated = 0;
let expected = Number.POSITIVE_INFINITY;

parentPort?.on('message', (message) => {
  expected = z.int().parse(message);
  reportWhenComplete();
});
const ports = await Promise.all(Array.from({ length: count }, (_, receiver) => listen(receiver)));
parentPort?.postMessage(ports);

async function listen(receiver: number): Promise<number> {
  const server = createServer((request, response) => {
    request.resume().once('end', () => {
      response.end();
      note(receiver, String(request.headers['webhook-id']));
    });
  });
  server.listen(0, LOOPBACK);
  await once(server, 'listening');
  return z.looseObject({ port: z.int() }).parse(server.address()).port;
}

function note(receiver: number, eventId: string): void {
  const event = events.get(eventId) ?? { by: new Set(), lastAtMs: 0 };
  if (event.by.has(receiver)) {
    repeated += 1;
    return;
  }
  event.by.add(receiver);
  event.lastAtMs = epochMs();
  events.set(eventId, event);
  arrived += 1;
  reportWhenComplete();
}

function reportWhenComplete(): void {
  if (arrived < expected) return;
  const lastAtMs = new Map([...events].map(([eventId, event]) => [eventId, event.lastAtMs]));
  const arrivals: Arrivals = { lastAtMs, repeated };
  parentPort?.postMessage(arrivals);
  events.clear();
  arrived = 0;
  repeated = 0;
  expected = Number.POSITIVE_INFINITY;
}
