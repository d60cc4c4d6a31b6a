/** A relay under load that is killed again and again, and what it made of every webhook that it had answered 2xx. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findLocalRelay } from '../../lib/connect/local-relay.ts';
import type { Connection } from '../../lib/operator/connection.ts';
import { retryDeliveries } from '../../lib/operator/deliveries/retries.ts';
import { addEndpoint } from '../../lib/operator/endpoints/endpoints.ts';
import { Config } from '../../lib/relay/config.ts';
import { endpointIdSchema } from '../../lib/relay/endpoint/endpoint-id.ts';
import { sourceIdSchema } from '../../lib/relay/endpoint/source.ts';
import { FAN_OUT_ATTENTION } from '../../lib/relay/fan-out/quarantine.ts';
import { cleared } from '../../lib/relay/health/health.ts';
import type { Random } from '../../lib/relay/model/clock.ts';
import { attentionOf } from '../../lib/relay/model/delivery.ts';
import type { EventRecord } from '../../lib/relay/model/event.ts';
import { FAN_OUT, orderKeyOf, SHARDS } from '../../lib/relay/model/ids.ts';
import type { OwedItem } from '../../lib/relay/ports/event-log.ts';
import type { Engine } from '../end-to-end/engines.ts';
import { type RelayProcess, spawnRelay } from '../end-to-end/spawn-relay.ts';
import { MemoryTelemetry } from '../memory/telemetry.ts';
import { seededRandom } from '../simulation/scheduler.ts';
import { fileProblems } from './file-problems.ts';
import {
  DOWN,
  drawOrderings,
  type FiveEndpoints,
  IDS,
  type Orderings,
  startFiveEndpoints,
} from './five-endpoints.ts';
import { type HubLoad, startHubLoad } from './hub-load.ts';
import { indexDifferences } from './index-differences.ts';
import { startSweeping } from './start-sweeping.ts';
import { type Evidence, unsettled, wrongs } from './verdict.ts';

const SOURCE = sourceIdSchema.parse('main');
const ANSWERS_WITHIN_MS = 40;
/** Longer than the five minutes that a delivery waits after its second failure. */
const SETTLED_WITHIN_MS = 400_000;
/** Each poll reads every event, which slows the relay down. */
const LOOKED_AT_EVERY_MS = 2_000;
/** So that each kill finds work to lose. */
const ACCEPTED_EACH_TIME = 5;
const ANY_TIME = new Date('9999-12-31T23:59:59Z');

export interface KillOptions {
  readonly engine: Engine;
  /** How long webhooks come while the relay runs; what it takes to start is added. */
  readonly seconds: number;
  readonly kills: number;
  readonly seed: number;
  /**
   * Whether to wait, once every webhook that was answered 2xx is accounted for, until nothing whatever is owed: one
   * that was stored and never answered, or only half stored, may be so for two minutes.
   */
  readonly untilNothingIsOwed: boolean;
  readonly say: (text: string) => void;
}

export interface KillReport extends Evidence {
  readonly counts: HubLoad['counts'];
  readonly kills: number;
  /** From the end of the load until every webhook that was answered 2xx was accounted for. */
  readonly accountedForAfterMs: number;
  /** The same until nothing was owed any more; absent when that was not waited for. */
  readonly nothingOwedAfterMs?: number;
  /** Missing deliveries and broken promises, as sentences. */
  readonly failures: readonly string[];
}

export async function killUnderLoad(options: KillOptions): Promise<KillReport> {
  const random = seededRandom(options.seed);
  const orderings = drawOrderings(random);
  const dataDir = await mkdtemp(join(tmpdir(), 'sensaria-relay-kill-'));
  const endpoints = await startFiveEndpoints(() => random() * ANSWERS_WITHIN_MS);
  let relay = await spawnRelay(dataDir, options.engine);
  const killOnExit = () => void relay.kill();
  process.once('exit', killOnExit);
  try {
    await register(relay, endpoints, orderings);
    const load = startHubLoad(() => relay.address, random);
    for (const [index, uptimeMs] of uptimes(options, random).entries()) {
      const enough = load.accepted.length + ACCEPTED_EACH_TIME;
      await sleep(uptimeMs);
      // On a busy machine, a start takes most of that time.
      while (load.accepted.length < enough) await sleep(LOOKED_AT_EVERY_MS);
      if (index === options.kills) break;
      await relay.kill();
      options.say(`killed ${index + 1} of ${options.kills} times; ${load.accepted.length} webhooks accepted`);
      relay = await spawnRelay(dataDir, options.engine);
    }
    await load.stop();
    endpoints.comeUp();
    const evidence = { orderings, accepted: load.accepted, arrivals: endpoints.arrivals };
    const settled = await settle(relay, evidence, options);
    await relay.kill();
    const failures = [...settled.failures, ...(await differencesIn(dataDir, options.engine))];
    return { ...settled, failures, counts: load.counts, kills: options.kills };
  } finally {
    process.off('exit', killOnExit);
    await relay.kill();
    await endpoints.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

function differencesIn(dataDir: string, engine: Engine): Promise<string[]> {
  return engine === 'one machine' ? fileProblems(dataDir) : indexDifferences(dataDir);
}

/** How long the relay runs each time: its whole time, cut at random moments. */
function uptimes({ seconds, kills }: KillOptions, random: Random): number[] {
  const moments = Array.from({ length: kills }, () => random() * seconds * 1_000).sort((a, b) => a - b);
  return [...moments, seconds * 1_000].map((moment, index) => moment - (moments[index - 1] ?? 0));
}

async function register(relay: RelayProcess, endpoints: FiveEndpoints, orderings: Orderings): Promise<void> {
  await onConnection(relay, async (connection) => {
    for (const id of IDS) {
      // The one that is down must not run out of attempts.
      const attributes = { url: endpoints.urlOf(id), ordering: orderings[id], maxAttempts: 100 };
      await addEndpoint(connection, id, attributes);
    }
  });
}

/** Looks again and again, while it is swept all the time, until everything is as it should be. */
async function settle(
  relay: RelayProcess,
  seen: Omit<Evidence, 'events'>,
  { untilNothingIsOwed, say }: KillOptions,
): Promise<Omit<KillReport, 'counts' | 'kills'>> {
  const startedAtMs = performance.now();
  const passedMs = () => performance.now() - startedAtMs;
  return onConnection(relay, async (connection) => {
    await enable(connection);
    await retryDeliveries(connection, { endpointId: DOWN, state: 'pending' });
    const sweeping = await startSweeping(relay.address);
    try {
      let accountedForAfterMs: number | undefined;
      for (;;) {
        const evidence = { ...seen, events: await readEvents(connection, seen.accepted) };
        const open = unsettled(evidence);
        if (open.length === 0) accountedForAfterMs ??= passedMs();
        const owed = untilNothingIsOwed ? await owedNow(connection) : [];
        const nothingOwed = untilNothingIsOwed && owed.length === 0 && { nothingOwedAfterMs: passedMs() };
        if ((open.length === 0 && owed.length === 0) || passedMs() > SETTLED_WITHIN_MS) {
          const stillOwed = await Promise.all(owed.map((item) => stillOwedText(connection, item)));
          const failures = [...open, ...stillOwed, ...wrongs(evidence), ...(await attention(connection))];
          return {
            ...evidence,
            ...nothingOwed,
            accountedForAfterMs: accountedForAfterMs ?? passedMs(),
            failures,
          };
        }
        say(
          `${open.length} deliveries are not accounted for, ${owed.length} things are owed; ${open[0] ?? ''}`,
        );
        await sleep(LOOKED_AT_EVERY_MS);
      }
    } finally {
      await sweeping.stop();
    }
  });
}

/** Enables the endpoint, as an operator does who knows that it is up again: the next probe may be minutes away. */
async function enable({ configTable, clock }: Connection): Promise<void> {
  const { health } = new Config(configTable, clock, new MemoryTelemetry());
  const id = endpointIdSchema.parse(DOWN);
  await health.reread(id);
  await health.change(id, cleared);
}

async function readEvents(
  { eventLog }: Connection,
  accepted: Evidence['accepted'],
): Promise<Map<string, EventRecord>> {
  const events = new Map<string, EventRecord>();
  for (const orderId of new Set(accepted.map((one) => one.orderId))) {
    for await (const event of eventLog.eventsNewestFirst(orderKeyOf(SOURCE, orderId)))
      events.set(event.eventId, event);
  }
  return events;
}

async function owedNow(connection: Connection): Promise<OwedItem[]> {
  const shards = Array.from({ length: SHARDS }, (_, shard) => `${FAN_OUT}#${shard}`);
  return itemsOf(connection, [...shards, ...IDS]);
}

async function stillOwedText({ eventLog }: Connection, item: OwedItem): Promise<string> {
  const [event, kept] = await Promise.all([eventLog.event(item), eventLog.payload(item)]);
  const { fanOutAttempts = 0, fannedOutAt } = event ?? {};
  const payload = kept === undefined ? 'without' : 'with';
  return `${item.eventId} is still owed to ${item.owedTo} at ${item.dueAt.toISOString()}: ${fanOutAttempts} tries, ${payload} its payload, ${fannedOutAt === undefined ? 'not ' : ''}fanned out`;
}

/** Nothing may have been given up: every endpoint answers in the end. */
async function attention(connection: Connection): Promise<string[]> {
  const lists = [FAN_OUT_ATTENTION, ...IDS.map((id) => attentionOf(endpointIdSchema.parse(id)))];
  const count = (await itemsOf(connection, lists)).length;
  return count === 0 ? [] : [`${count} things are left to a person`];
}

async function itemsOf({ eventLog }: Connection, lists: readonly string[]): Promise<OwedItem[]> {
  const found = await Promise.all(lists.map((list) => eventLog.owed(list, ANY_TIME, 1_000)));
  return found.flat();
}

async function onConnection<Result>(
  { address }: RelayProcess,
  work: (connection: Connection) => Promise<Result>,
): Promise<Result> {
  const connection = await (await findLocalRelay(Number(new URL(address).port))).connect(() => {});
  try {
    return await work(connection);
  } finally {
    connection.close();
  }
}
