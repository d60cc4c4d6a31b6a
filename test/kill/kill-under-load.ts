/** A relay under load that is killed again and again, and what it made of every webhook that it had answered 2xx. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sqsClient } from '../../lib/aws/clients.ts';
import { SqsDeliveryQueue } from '../../lib/aws/delivery-queue.ts';
import { SqsEventQueue } from '../../lib/aws/event-queue.ts';
import { systemClock } from '../../lib/aws/system-clock.ts';
import { type Connection, connect } from '../../lib/operator/connection.ts';
import { addEndpoint } from '../../lib/operator/endpoints.ts';
import { findLocalRelay } from '../../lib/operator/local-relay.ts';
import { Deadline } from '../../lib/relay/clock.ts';
import { Config } from '../../lib/relay/config.ts';
import type { EventRecord } from '../../lib/relay/event.ts';
import { closing } from '../../lib/relay/health.ts';
import { orderKeyOf } from '../../lib/relay/ids.ts';
import { sourceIdSchema } from '../../lib/relay/source.ts';
import { sweep } from '../../lib/relay/sweep.ts';
import { type RelayProcess, spawnRelay } from '../end-to-end/spawn-relay.ts';
import { MemoryTelemetry } from '../memory/telemetry.ts';
import { seededRandom } from '../simulation/scheduler.ts';
import { DOWN, ENDPOINTS, type FiveEndpoints, IDS, startFiveEndpoints } from './five-endpoints.ts';
import { type Accepted, type Evidence, unsettled, wrongs } from './verdict.ts';

const ORDERS = 20;
const SOURCE = sourceIdSchema.parse('main');
const STATUSES = ['New', 'ReadyForImageDl', 'Pending', 'InProduction', 'Shipped', 'Delivered'];
const SETTLED_WITHIN_MS = 180_000;
const SWEEP_EVERY_MS = 1_000;

export interface KillOptions {
  readonly seconds: number;
  readonly kills: number;
  readonly seed: number;
  readonly say: (text: string) => void;
}

export interface KillReport extends Evidence {
  /** Webhooks that were sent, whatever became of their answer. */
  readonly sent: number;
  readonly kills: number;
  readonly settledAfterMs: number;
  /** What is missing or should not have happened, in sentences. */
  readonly failures: readonly string[];
}

export async function killUnderLoad({ seconds, kills, seed, say }: KillOptions): Promise<KillReport> {
  const random = seededRandom(seed);
  const dataDir = await mkdtemp(join(tmpdir(), 'sensaria-relay-kill-'));
  const endpoints = await startFiveEndpoints(() => random() * 40);
  let relay = await spawnRelay(dataDir);
  try {
    await register(relay, endpoints);
    const accepted: Accepted[] = [];
    const load = new Load(() => relay.address, random, accepted);
    const loading = load.run(seconds * 1000);
    for (let kill = 1; kill <= kills; kill++) {
      await sleep((seconds * 1000 * (0.5 + random())) / (kills + 1));
      await relay.kill();
      say(`killed ${kill} of ${kills} times; ${accepted.length} webhooks accepted so far`);
      relay = await spawnRelay(dataDir);
    }
    await loading;
    endpoints.comeUp();
    return { ...(await settle(relay, endpoints, accepted, say)), sent: load.sent, kills };
  } finally {
    await relay.kill();
    await endpoints.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function register(relay: RelayProcess, endpoints: FiveEndpoints): Promise<void> {
  await onConnection(relay, async (connection) => {
    for (const id of IDS)
      await addEndpoint(connection, id, {
        url: endpoints.urlOf(id),
        ordering: ENDPOINTS[id],
        maxAttempts: 100,
      });
  });
}

/** The Hub: orders that move on in bursts, each webhook sent once, come what may. */
class Load {
  readonly #address: () => string;
  readonly #random: () => number;
  readonly #accepted: Accepted[];
  sent = 0;

  constructor(address: () => string, random: () => number, accepted: Accepted[]) {
    this.#address = address;
    this.#random = random;
    this.#accepted = accepted;
  }

  async run(durationMs: number): Promise<void> {
    const endsAtMs = performance.now() + durationMs;
    await Promise.all(Array.from({ length: ORDERS }, (_, order) => this.#order(`7-${order}`, endsAtMs)));
  }

  async #order(orderId: string, endsAtMs: number): Promise<void> {
    await sleep(this.#random() * 2_000);
    for (let step = 0; performance.now() < endsAtMs; step++) {
      await this.#send(orderId, STATUSES[step % STATUSES.length] ?? 'New', step);
      // Bursts of a few, then a pause.
      await sleep(this.#random() < 0.7 ? this.#random() * 50 : this.#random() * 5_000);
    }
  }

  async #send(orderId: string, status: string, step: number): Promise<void> {
    this.sent += 1;
    const body = JSON.stringify({
      Id: orderId,
      Items: [{ Sku: 'Mug', Status: status, TrackingNumber: `${step}` }],
    });
    try {
      const answer = await fetch(`${this.#address()}${orderId}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        signal: AbortSignal.timeout(15_000),
      });
      if (!answer.ok) return;
      const { eventId } = (await answer.json()) as { eventId: string };
      this.#accepted.push({ orderId, eventId });
    } catch {
      // There was no answer, or not all of it: nothing was promised.
    }
  }
}

/** Sweeps far more often than the schedule does, which must do no harm, until everything is as it should be. */
async function settle(
  relay: RelayProcess,
  endpoints: FiveEndpoints,
  accepted: readonly Accepted[],
  say: (text: string) => void,
): Promise<Omit<KillReport, 'sent' | 'kills'>> {
  const startedAtMs = performance.now();
  return onConnection(relay, async (connection) => {
    await enable(connection);
    for (;;) {
      await sweepOnce(connection);
      const evidence = {
        accepted,
        arrivals: endpoints.arrivals,
        events: await readEvents(connection, accepted),
      };
      const open = unsettled(evidence);
      const settledAfterMs = performance.now() - startedAtMs;
      if (open.length === 0 || settledAfterMs > SETTLED_WITHIN_MS)
        return { ...evidence, settledAfterMs, failures: [...open, ...wrongs(evidence)] };
      say(`${open.length} deliveries are not settled yet, such as: ${open[0]}`);
      await sleep(SWEEP_EVERY_MS);
    }
  });
}

/** What a person would do who knows that the endpoint is up again: its next probe may be minutes away. */
async function enable({ configTable, clock }: Connection): Promise<void> {
  const { health } = new Config(configTable, clock, new MemoryTelemetry());
  for (const id of IDS.filter((one) => one === DOWN)) {
    const endpointId = id as string as Parameters<typeof health.reread>[0];
    await health.reread(endpointId);
    await health.change(endpointId, (current) => closing(current));
  }
}

async function sweepOnce(connection: Connection): Promise<void> {
  const { configTable, eventLog, relay, clock } = connection;
  const telemetry = new MemoryTelemetry();
  const { sqs, eventsQueueUrl, deliveriesQueueUrl } = await queuesOf(relay.webhookBaseAddress);
  try {
    await sweep(
      {
        clock,
        random: Math.random,
        telemetry,
        eventLog,
        config: new Config(configTable, clock, telemetry),
        eventQueue: new SqsEventQueue({ client: sqs, queueUrl: eventsQueueUrl, telemetry }),
        deliveryQueue: new SqsDeliveryQueue({ client: sqs, queueUrl: deliveriesQueueUrl, telemetry }),
      },
      new Deadline(systemClock, 30_000),
    );
  } finally {
    sqs.destroy();
  }
}

async function queuesOf(webhookBaseAddress: string) {
  const discovery = await fetch(new URL('/.well-known/sensaria-relay', webhookBaseAddress));
  const { sqsEndpoint, region, eventsQueueUrl, deliveriesQueueUrl } = (await discovery.json()) as Record<
    'sqsEndpoint' | 'region' | 'eventsQueueUrl' | 'deliveriesQueueUrl',
    string
  >;
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  return {
    sqs: sqsClient({ endpoint: sqsEndpoint, region, credentials }),
    eventsQueueUrl,
    deliveriesQueueUrl,
  };
}

async function readEvents(
  { eventLog }: Connection,
  accepted: readonly Accepted[],
): Promise<Map<string, EventRecord>> {
  const events = new Map<string, EventRecord>();
  for (const orderId of new Set(accepted.map((one) => one.orderId))) {
    for await (const event of eventLog.eventsNewestFirst(orderKeyOf(SOURCE, orderId)))
      events.set(event.eventId, event);
  }
  return events;
}

async function onConnection<Result>(
  { address }: RelayProcess,
  work: (connection: Connection) => Promise<Result>,
): Promise<Result> {
  const connection = await connect(await findLocalRelay(Number(new URL(address).port)), () => {});
  try {
    return await work(connection);
  } finally {
    connection.close();
  }
}
