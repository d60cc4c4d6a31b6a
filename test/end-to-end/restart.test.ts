import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { addEndpoint } from '../../lib/operator/endpoints/endpoints.ts';
import { showEvent } from '../../lib/operator/events/events.ts';
import { startSweeping } from '../kill/start-sweeping.ts';
import { type Answer, type Arrival, type Receiver, startReceiver } from './a-receiver.ts';
import { type RelayProcess, startRelayProcess } from './a-relay-process.ts';
import { anOperator } from './an-operator.ts';
import { ENGINES, type Engine } from './engines.ts';
import { anOrder, sendAccepted } from './the-hub.ts';

/** More than all runs of fan-out can have in hand: four at once, of ten orders each. */
const ACCEPTED_BEFORE_KILL = 60;
/** Webhooks that are under way to the relay at the same time. */
const SENT_AT_ONCE = 5;

/** A folder that is removed last of all, when no relay is left to write into it. */
function aDataFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sensaria-restart-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function aReceiver(answers: Readonly<Record<string, Answer>>): Promise<Receiver> {
  const receiver = await startReceiver(answers);
  onTestFinished(() => receiver.stop());
  return receiver;
}

async function operatorOf({ address }: RelayProcess) {
  const connection = await anOperator(address);
  onTestFinished(() => connection.close());
  return connection;
}

/** A relay that is swept more often than each minute: what a dead process held is free after half of one. */
async function startSwept(dataDir: string, engine: Engine): Promise<void> {
  const relay = await startRelayProcess(dataDir, engine);
  const sweeping = await startSweeping(relay.address);
  onTestFinished(() => sweeping.stop());
}

/** Sends one webhook after the other, each of an order of its own, until a number of them are accepted. */
async function sendUntilAccepted(address: string, wanted: number): Promise<string[]> {
  const accepted: string[] = [];
  let sent = 0;
  const sendOn = async () => {
    while (accepted.length < wanted) {
      const orderId = `7-${sent++}`;
      accepted.push(await sendAccepted(address, { orderId, body: anOrder(orderId) }));
    }
  };
  await Promise.all(Array.from({ length: SENT_AT_ONCE }, sendOn));
  return accepted;
}

/** Sends on for as long as the relay answers. */
async function sendUntilKilled(address: string): Promise<string[]> {
  const accepted: string[] = [];
  for (let sent = 0; ; sent++) {
    try {
      accepted.push(await sendAccepted(address, { orderId: `8-${sent}` }));
    } catch {
      // A webhook without an answer was not accepted.
      return accepted;
    }
  }
}

function answeredAt(receiver: Receiver, path: string): Set<string> {
  const answered = receiver.arrivals.filter((arrival) => arrival.path === path && arrival.answered === 200);
  return new Set(answered.map((arrival) => arrival.eventId));
}

describe.each(ENGINES)('a relay on %s that is killed between ingest and fan-out', (engine) => {
  it('gives every webhook that it has answered 2xx to every endpoint when it is started again', async () => {
    const dataDir = aDataFolder();
    let isHolding = true;
    const hold: Answer = (response) => isHolding || response.end();
    const receiver = await aReceiver({ '/holds': hold, '/holds-too': hold });
    const first = await startRelayProcess(dataDir, engine);
    const operator = await operatorOf(first);
    const paths = ['/prompt', '/holds', '/holds-too'];
    for (const path of paths) {
      await addEndpoint(operator, path, { url: receiver.url + path, timeoutSeconds: 10 });
    }

    const held = await sendUntilAccepted(first.address, ACCEPTED_BEFORE_KILL);
    const untilKilled = sendUntilKilled(first.address);
    await expect.poll(() => answeredAt(receiver, '/prompt').size, { timeout: 20_000 }).toBeGreaterThan(0);
    await first.kill();
    const accepted = [...held, ...(await untilKilled)];
    const answeredBefore = answeredAt(receiver, '/holds');
    expect(accepted.filter((eventId) => !answeredBefore.has(eventId)).length).toBeGreaterThan(0);

    isHolding = false;
    await startSwept(dataDir, engine);
    const missing = () =>
      paths.flatMap((path) => {
        const answered = answeredAt(receiver, path);
        return accepted.filter((eventId) => !answered.has(eventId));
      });
    await expect.poll(missing, { timeout: 150_000, interval: 250 }).toEqual([]);
  }, 210_000);
});

describe.each(ENGINES)('a relay on %s that is started again', (engine) => {
  it('has the same address, takes webhooks there, and goes on with what it still owed', async () => {
    const dataDir = aDataFolder();
    const receiver = await aReceiver({
      '/fails-first': (response, attempt) => response.writeHead(attempt === 1 ? 503 : 200).end(),
    });
    const first = await startRelayProcess(dataDir, engine);
    const operator = await operatorOf(first);
    await addEndpoint(operator, '/fails-first', { url: `${receiver.url}/fails-first` });
    const eventId = await sendAccepted(first.address, { body: anOrder('7-501') });
    const deliveries = async () => (await showEvent(operator, { eventId })).deliveries;
    await expect
      .poll(deliveries, { timeout: 10_000, interval: 20 })
      .toMatchObject([{ state: 'pending', attempts: [{ status: 503 }] }]);
    expect(await first.interrupt()).toBe(0);
    const before = arrivalsOf(receiver, eventId).length;

    const second = await startRelayProcess(dataDir, engine);
    const laterId = await sendAccepted(second.address, { body: anOrder('7-502') });

    expect(withoutHost(second.address)).toBe(withoutHost(first.address));
    expect(before).toBe(1);
    const statuses = (id: string) => arrivalsOf(receiver, id).map((arrival) => arrival.answered);
    await expect.poll(() => statuses(eventId), { timeout: 100_000 }).toEqual([503, 200]);
    await expect.poll(() => statuses(laterId), { timeout: 20_000 }).toEqual([503, 200]);
  }, 120_000);
});

function arrivalsOf(receiver: Receiver, eventId: string): Arrival[] {
  return receiver.arrivals.filter((arrival) => arrival.eventId === eventId);
}

/** The port is another one: each start was given a free one. */
function withoutHost(address: string): string {
  const { pathname, search } = new URL(address);
  return pathname + search;
}
