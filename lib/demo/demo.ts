/** Sends the webhooks of one order to a relay, shows each arrival at three endpoints, and checks the result. */
import { setTimeout as sleep } from 'node:timers/promises';
import { findLocalRelay } from '../connect/local-relay.ts';
import type { Connection } from '../operator/connection.ts';
import { addEndpoint } from '../operator/endpoints/endpoints.ts';
import { type Order, showOrder } from '../operator/orders/orders.ts';
import { addSource } from '../operator/sources/sources.ts';
import { awaitAll } from '../relay/model/await-all.ts';
import type { Outcome } from '../relay/model/outcome.ts';
import type { Telemetry } from '../relay/ports/telemetry.ts';
import { startRelayServer } from '../server/relay-server.ts';
import { ORDER_ID, orderLife, type Webhook } from './order-life.ts';
import { ANSWERS, type Arrival, FAILS_ONCE, startReceiver, TAKES_THREE_SECONDS } from './receiver.ts';
import { Screen } from './screen.ts';
import { type Accepted, problemsOf, type StateOf } from './verdict.ts';

/** The time between two bursts. The webhooks of a burst follow each other at once. */
const GAP_MS = 400;
const GIVE_UP_AFTER_MS = 60_000;

/** The receivers are on this machine. A relay refuses such endpoints unless it is told to allow them. */
const THIS_MACHINE = ['127.0.0.0/8'];

export interface DemoOptions {
  /** A folder for this run alone. */
  readonly dataDir: string;
  readonly print: (line: string) => void;
}

/** Resolves with a sentence for each broken promise; with none when everything arrived. */
export async function demo({ dataDir, print }: DemoOptions): Promise<string[]> {
  const screen = new Screen(print);
  screen.say('Starting the relay …');
  const arrivals: Arrival[] = [];
  const onArrival = (arrival: Arrival) => {
    arrivals.push(arrival);
    screen.arrival(arrival, arrivals);
  };
  const relay = await startRelayServer({
    ...{ dataDir, host: '127.0.0.1', port: 0, allowedCidrs: THIS_MACHINE, silenceHours: 0 },
    telemetry: SILENT,
  });
  const receivers = await Promise.all([
    startReceiver('erp', 'strict', ANSWERS, onArrival),
    startReceiver('shop', 'latest', FAILS_ONCE, onArrival),
    startReceiver('warehouse', 'latest', TAKES_THREE_SECONDS, onArrival),
  ]);
  const connection = await (await findLocalRelay(Number(new URL(relay.url).port))).connect(() => {});
  try {
    for (const { id, url, ordering } of receivers) await addEndpoint(connection, id, { url, ordering });
    const { address } = await addSource(connection, 'demo');
    screen.setup(address, receivers);

    const accepted = await play(address, screen);
    const order = await settled(connection, accepted);
    const stateOf: StateOf = (endpointId, eventId) => outcomeOf(order, eventId)?.[endpointId]?.state;
    screen.summary({ accepted, receivers, arrivals, stateOf });
    screen.newest(outcomeOf(order, accepted.at(-1)?.eventId) ?? {});
    return receivers.flatMap((receiver) => problemsOf(receiver, accepted, arrivals, stateOf));
  } finally {
    connection.close();
    await relay.stop();
    await awaitAll(receivers.map((receiver) => receiver.stop()));
  }
}

/** The screen shows what happens, failures included. */
const SILENT: Telemetry = { info: () => {}, warn: () => {}, error: () => {}, count: () => {} };

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

/** Waits until the event log has the final outcome of every webhook at every endpoint. */
async function settled(connection: Connection, accepted: readonly Accepted[]): Promise<Order> {
  const giveUpAtMs = Date.now() + GIVE_UP_AFTER_MS;
  for (;;) {
    const order = await showOrder(connection, { id: ORDER_ID });
    const isSettled = accepted.every(({ eventId }) => {
      const outcomes = outcomeOf(order, eventId);
      return outcomes !== undefined && Object.values(outcomes).every(({ state }) => state !== 'pending');
    });
    if (isSettled || Date.now() > giveUpAtMs) return order;
    await sleep(200);
  }
}

function outcomeOf(
  { events }: Order,
  eventId: string | undefined,
): Readonly<Record<string, Outcome>> | undefined {
  return events.find((event) => event.eventId === eventId)?.outcomes;
}
