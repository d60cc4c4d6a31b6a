/**
 * Relays that are killed, and started again. The tests run at the same time: mostly they wait until the leases and
 * messages that a dead process held are free again.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'vitest';
import { addEndpoint } from '../../lib/operator/endpoints/endpoints.ts';
import { type Answer, type Receiver, startReceiver } from '../end-to-end/a-receiver.ts';
import { anOperator } from '../end-to-end/an-operator.ts';
import { ENGINES, type Engine } from '../end-to-end/engines.ts';
import { type RelayProcess, spawnRelay } from '../end-to-end/spawn-relay.ts';
import { anOrder, sendAccepted } from '../end-to-end/the-hub.ts';
import { killUnderLoad } from './kill-under-load.ts';
import { startSweeping } from './start-sweeping.ts';

/** Two stacks start at the same time. */
const LIMIT_MS = 600_000;
const SLOWLY = { timeout: 240_000, interval: 250 };
/** More than all runs of fan-out can have in hand: four at once, of ten orders each. */
const ACCEPTED_BEFORE_KILL = 60;
/** Webhooks that are under way to the relay at the same time. */
const SENT_AT_ONCE = 5;

/** When a test ends, it stops everything that it has started: the last one first. */
type Stops = TestContext['onTestFinished'];

describe.concurrent.each(ENGINES)('a relay on %s', (engine) => {
  it(
    'that is killed under load has every webhook that it answered 2xx at every endpoint in the end, and nothing stale after something newer',
    async ({ expect }) => {
      const { accepted, failures } = await killUnderLoad({
        engine,
        // A stack needs much CPU for each webhook until it is warm again. The test below kills it as well.
        ...(engine === 'the stack' ? { seconds: 4, kills: 1 } : { seconds: 8, kills: 2 }),
        seed: 7,
        untilNothingIsOwed: false,
        say: () => {},
      });

      expect(accepted.length).toBeGreaterThan(10);
      expect(failures).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    'that is killed between ingest and fan-out gives every webhook that it has answered 2xx to every endpoint when it is started again',
    async ({ expect, onTestFinished }) => {
      const dataDir = aDataFolder(onTestFinished);
      let isHolding = true;
      const hold: Answer = (response) => isHolding || response.end();
      const receiver = await aReceiver(onTestFinished, { '/holds': hold, '/holds-too': hold });
      const first = await aRelay(onTestFinished, dataDir, engine);
      const operator = await anOperatorOf(onTestFinished, first);
      const paths = ['/prompt', '/holds', '/holds-too'];
      for (const path of paths) {
        await addEndpoint(operator, path, { url: receiver.url + path, timeoutSeconds: 10 });
      }

      const held = await sendUntilAccepted(first.address, ACCEPTED_BEFORE_KILL);
      const untilKilled = sendUntilKilled(first.address);
      await expect.poll(() => answeredAt(receiver, '/prompt').size, SLOWLY).toBeGreaterThan(0);
      await first.kill();
      const accepted = [...held, ...(await untilKilled)];
      const answeredBefore = answeredAt(receiver, '/holds');
      expect(accepted.filter((eventId) => !answeredBefore.has(eventId)).length).toBeGreaterThan(0);

      isHolding = false;
      await aSweptRelay(onTestFinished, dataDir, engine);
      const missing = () =>
        paths.flatMap((path) => {
          const answered = answeredAt(receiver, path);
          return accepted.filter((eventId) => !answered.has(eventId));
        });
      await expect.poll(missing, SLOWLY).toEqual([]);
    },
    LIMIT_MS,
  );
});

function aDataFolder(onTestFinished: Stops): string {
  const folder = mkdtempSync(join(tmpdir(), 'sensaria-restart-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function aReceiver(
  onTestFinished: Stops,
  answers: Readonly<Record<string, Answer>>,
): Promise<Receiver> {
  const receiver = await startReceiver(answers);
  onTestFinished(() => receiver.stop());
  return receiver;
}

async function aRelay(onTestFinished: Stops, dataDir: string, engine: Engine): Promise<RelayProcess> {
  const relay = await spawnRelay(dataDir, engine);
  onTestFinished(relay.kill);
  return relay;
}

/** It is swept more often than each minute: what a dead process held is free after half of one. */
async function aSweptRelay(onTestFinished: Stops, dataDir: string, engine: Engine): Promise<void> {
  const relay = await aRelay(onTestFinished, dataDir, engine);
  const sweeping = await startSweeping(relay.address);
  onTestFinished(() => sweeping.stop());
}

async function anOperatorOf(onTestFinished: Stops, { address }: RelayProcess) {
  const connection = await anOperator(address);
  onTestFinished(() => connection.close());
  return connection;
}

/** Sends webhooks, each of an order of its own, until a number of them are accepted. */
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
