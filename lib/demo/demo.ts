/** The main job, watched: an order's life goes into the webhook address, and what arrives where is shown and checked. */
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../connect/connect.ts';
import { findLocalRelay } from '../connect/local-relay.ts';
import { startLocalRelay } from '../local/local-relay.ts';
import type { Connection } from '../operator/connection.ts';
import { addEndpoint } from '../operator/endpoints/endpoints.ts';
import { type Order, showOrder } from '../operator/orders/orders.ts';
import { addSource } from '../operator/sources/sources.ts';
import { awaitAll } from '../relay/model/await-all.ts';
import { ORDER_ID, orderLife, type Webhook } from './order-life.ts';
import {
  ANSWERS,
  type Arrival,
  FAILS_TWICE,
  type Receiver,
  startReceiver,
  TAKES_TWO_SECONDS,
} from './receiver.ts';
import { Screen } from './screen.ts';
import { type Accepted, missingFrom } from './verdict.ts';

/** Between two bursts; within one, webhooks follow each other at once. */
const GAP_MS = 400;
const GIVE_UP_AFTER_MS = 50_000;
const OUTCOMES_WITHIN_MS = 10_000;
/** Every endpoint gets every webhook. With `latest`, newer ones would supersede those that wait for a retry. */
const ORDERING = 'none';

export interface DemoOptions {
  readonly template: unknown;
  readonly root: string;
  /** A folder for this run alone. */
  readonly dataDir: string;
  readonly print: (line: string) => void;
}

/** Resolves with what did not arrive as it should have: nothing, when all is well. */
export async function demo({ template, root, dataDir, print }: DemoOptions): Promise<string[]> {
  const screen = new Screen(print);
  screen.say('Starting the relay on an embedded DynamoDB and SQS …');
  const arrivals: Arrival[] = [];
  const onArrival = (arrival: Arrival) => {
    arrivals.push(arrival);
    screen.arrival(arrival, arrivals);
  };
  const relay = await startLocalRelay({ template, root, dataDir, port: 0 });
  const receivers = await Promise.all([
    startReceiver('erp', ANSWERS, onArrival),
    startReceiver('shop', FAILS_TWICE, onArrival),
    startReceiver('warehouse', TAKES_TWO_SECONDS, onArrival),
  ]);
  const connection = await connect(await findLocalRelay(Number(new URL(relay.url).port)), () => {});
  try {
    for (const { id, url } of receivers) await addEndpoint(connection, id, { url, ordering: ORDERING });
    const { address } = await addSource(connection, 'demo');
    screen.setup(address, receivers, ORDERING);

    const accepted = await play(address, screen);
    await arrived(accepted, receivers, arrivals);
    screen.summary(accepted, receivers, arrivals);
    screen.order(await recorded(connection));
    return receivers.flatMap((receiver) => missingFrom(receiver, accepted, arrivals));
  } finally {
    connection.close();
    await relay.stop();
    await awaitAll(receivers.map((receiver) => receiver.stop()));
  }
}

/** Plays the Hub: bursts of webhooks, one after another, each with the order id at the end of the address. */
async function play(address: string, screen: Screen): Promise<Accepted[]> {
  const accepted: Accepted[] = [];
  const bursts = orderLife();
  const total = bursts.flat().length;
  for (const burst of bursts) {
    for (const webhook of burst) {
      accepted.push(await post(address, webhook));
      screen.accepted(accepted, total);
    }
    await sleep(GAP_MS);
  }
  return accepted;
}

async function post(address: string, webhook: Webhook): Promise<Accepted> {
  const startedAtMs = Date.now();
  const response = await fetch(`${address}${encodeURIComponent(ORDER_ID)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: webhook.body,
  });
  const { eventId } = (await response.json()) as { eventId?: string };
  if (eventId === undefined) throw new Error(`The relay did not accept a webhook: HTTP ${response.status}`);
  return { ...webhook, eventId, acceptedAtMs: Date.now(), durationMs: Date.now() - startedAtMs };
}

/** The order once every outcome is written: that happens a moment after the endpoint's answer. */
async function recorded(connection: Connection): Promise<Order> {
  const giveUpAtMs = Date.now() + OUTCOMES_WITHIN_MS;
  for (;;) {
    const order = await showOrder(connection, { id: 'Magic7-501' });
    const isRecorded = order.events.every(
      ({ outcomes }) =>
        outcomes !== undefined && Object.values(outcomes).every(({ state }) => state !== 'pending'),
    );
    if (isRecorded || Date.now() > giveUpAtMs) return order;
    await sleep(100);
  }
}

/** Waits until nothing is missing, or it is clear that something stays so. */
async function arrived(
  accepted: readonly Accepted[],
  receivers: readonly Receiver[],
  arrivals: readonly Arrival[],
): Promise<void> {
  const giveUpAtMs = Date.now() + GIVE_UP_AFTER_MS;
  while (Date.now() < giveUpAtMs) {
    if (receivers.every((receiver) => missingFrom(receiver, accepted, arrivals).length === 0)) return;
    await sleep(100);
  }
}
