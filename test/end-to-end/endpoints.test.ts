import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { addEndpoint } from '../../lib/operator/endpoints/endpoints.ts';
import { listEvents } from '../../lib/operator/events/events.ts';
import { addSource } from '../../lib/operator/sources/sources.ts';
import { outcomeTexts } from '../relay/outcome-texts.ts';
import { type Answer, type Arrival, type Receiver, startReceiver } from './a-receiver.ts';
import { useRelayOn } from './a-relay-on.ts';
import { ENGINES } from './engines.ts';
import { anOrder, sendAccepted } from './the-hub.ts';
import { waitFor } from './wait-for.ts';

/** Ten ways of saying yes, by the path of each endpoint. */
const TAKE_IT: Readonly<Record<string, Answer>> = {
  '/200-at-once': (response) => response.end('ok'),
  '/201-at-another-place': (response) => response.writeHead(201, { location: '/elsewhere' }).end(),
  '/202-and-later': (response) => response.writeHead(202, { 'retry-after': '60' }).end(),
  '/204-without-content': (response) => response.writeHead(204).end(),
  '/299-whatever-that-means': (response) => response.writeHead(299).end(),
  '/after-a-second': (response) => sleep(1_000).then(() => response.end()),
  '/in-drips': drip,
  '/with-a-megabyte': (response) => response.end('x'.repeat(1024 * 1024)),
  '/after-early-hints': (response) =>
    response.writeEarlyHints({ link: '</a>; rel=preload' }, () => response.end()),
  '/under-a-wrong-type': (response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end('<html>'),
};

/** Ways of failing at first. */
const FAIL_FIRST: Readonly<Record<string, Answer>> = {
  '/503': atFirst((response) => response.writeHead(503).end('not now')),
  '/404': atFirst((response) => response.writeHead(404).end()),
  '/redirects': atFirst((response) => response.writeHead(307, { location: '/redirected' }).end()),
  // Without any byte, the relay would repeat the request at once if its connection was reused.
  '/breaks-off': atFirst((response) => response.socket?.end('HTTP/1.1 2')),
  '/says-nothing': atFirst(() => {}),
};

const HEALTHY = ['/healthy', '/healthy-too'];

// Side by side: most of the time, they wait for slow endpoints and for the next attempt.
describe.concurrent.each(ENGINES)('on %s', (engine) => {
  const relay = useRelayOn(engine);
  let receiver: Receiver;
  /** Of a source whose ten endpoints all answer. */
  let answeredAddress: string;
  /** Of a source with endpoints that fail at first, and two that never do. */
  let failedAddress: string;
  beforeAll(async () => {
    const { connection } = relay();
    receiver = await startReceiver({ ...TAKE_IT, ...FAIL_FIRST });
    for (const path of Object.keys(TAKE_IT)) {
      await addEndpoint(connection, path, {
        url: receiver.url + path,
        sources: ['answered'],
        // With `latest`, a new endpoint, which is not attempted inline yet, may get the newest of a burst alone.
        ordering: 'strict',
      });
    }
    for (const path of [...Object.keys(FAIL_FIRST), ...HEALTHY]) {
      const timeout = path === '/says-nothing' ? { timeoutSeconds: 2 } : {};
      await addEndpoint(connection, path, { url: receiver.url + path, sources: ['failed'], ...timeout });
    }
    ({ address: answeredAddress } = await addSource(connection, 'answered'));
    ({ address: failedAddress } = await addSource(connection, 'failed'));
    return () => receiver.stop();
  });

  /** Waits until every endpoint of a source's events has got them, and nothing is on its way any more. */
  async function settled(source: string, events: number, endpoints: number): Promise<void> {
    const { connection, queued } = relay();
    const outcomes = async () => {
      const { items: listed } = await listEvents(connection, { limit: 1_000, source });
      return listed.flatMap((event) => Object.values(outcomeTexts(event)));
    };
    const delivered = Array.from({ length: events * endpoints }, () => expect.stringMatching(/^delivered 2/));
    // Each poll queries the relay's tables, which slows the relay down.
    await waitFor(async () => expect(await outcomes()).toEqual(delivered), 1_000);
    await waitFor(async () => expect(await queued()).toBe(0));
  }

  function arrivalsAt(path: string, eventId?: string): Arrival[] {
    return receiver.arrivals.filter(
      (arrival) => arrival.path === path && (eventId === undefined || arrival.eventId === eventId),
    );
  }

  /** Sends three states of each of four orders, an order's one after the other, and the orders side by side. */
  async function sendBurst(address: string): Promise<string[]> {
    const ofOrder = async (orderId: string) => {
      const eventIds: string[] = [];
      for (const status of ['New', 'InProduction', 'Shipped']) {
        eventIds.push(await sendAccepted(address, { orderId, body: anOrder(orderId, status) }));
      }
      return eventIds;
    };
    return (await Promise.all(['7-1', '7-2', '7-3', '7-4'].map(ofOrder))).flat();
  }

  describe('ten endpoints, each of which takes it in its own way', () => {
    it('get every event once, and those of one order as they came', async () => {
      const eventIds = await sendBurst(answeredAddress);
      await settled('answered', eventIds.length, 10);

      for (const path of Object.keys(TAKE_IT)) {
        const arrived = arrivalsAt(path).sort(
          (one, other) => compare(one.url, other.url) || one.atMs - other.atMs,
        );
        expect(arrived.map((arrival) => arrival.eventId)).toEqual(eventIds);
      }
    });
  });

  describe('an endpoint that fails at first', () => {
    it('gets the event again after five seconds, the very same, and lets no other wait', async () => {
      const orderIds = ['7-5', '7-6', '7-7'];
      const eventIds = await Promise.all(
        orderIds.map((orderId) => sendAccepted(failedAddress, { body: anOrder(orderId) })),
      );
      await settled('failed', eventIds.length, Object.keys(FAIL_FIRST).length + HEALTHY.length);

      expect(arrivalsAt('/redirected')).toEqual([]);
      for (const eventId of eventIds) {
        const healthy = HEALTHY.flatMap((path) => arrivalsAt(path, eventId));
        expect(healthy).toHaveLength(HEALTHY.length);
        for (const path of Object.keys(FAIL_FIRST)) {
          const [first, second, ...more] = arrivalsAt(path, eventId);
          if (first === undefined || second === undefined) throw new Error(`${path} got it less than twice`);
          expect(more).toEqual([]);
          expect(second.answered).toBe(200);
          expect(second.url).toBe(first.url);
          expect(second.body.equals(first.body)).toBe(true);
          // The clocks of two threads and two timers may differ by a few milliseconds.
          expect(second.atMs - first.atMs).toBeGreaterThan(4_950);
          for (const { atMs } of healthy) expect(atMs).toBeLessThan(second.atMs);
        }
      }
    });
  });

  function compare(one: string, other: string): number {
    return one === other ? 0 : one < other ? -1 : 1;
  }
});

async function drip(response: ServerResponse): Promise<void> {
  for (const part of ['o', 'k', '!']) {
    response.write(part);
    await sleep(100);
  }
  response.end();
}

/** Answers so the first time, and 200 afterwards. */
function atFirst(answer: Answer): Answer {
  return (response, attempt) => (attempt === 1 ? answer(response, attempt) : response.end());
}
