/** The relay on one machine: one process, one data folder, one port. */
import { join, resolve } from 'node:path';
import { DATABASE_FILE } from '../contract/local-relay.ts';
import { RETENTION_DAYS } from '../contract/retention.ts';
import { aborted } from '../node/aborted.ts';
import { LOCK_FILE, openDataFolder } from '../node/data-folder.ts';
import { EventLoopDelay } from '../node/event-loop-delay.ts';
import { ensureFirstSource } from '../node/first-source.ts';
import { systemClock } from '../node/system-clock.ts';
import type { Telemetry } from '../relay/ports/telemetry.ts';
import { openSqliteStore, type SqliteStore } from '../sqlite/sqlite-store.ts';
import { FreshConfig } from './fresh-config.ts';
import { HealthCheck } from './health.ts';
import { type RequestHandler, startHttpFront } from './http/http-front.ts';
import { webhookHandler } from './http/webhook-handler.ts';
import { openOutgoing } from './outgoing.ts';
import { InMemoryDeliveryQueue } from './queues/in-memory-delivery-queue.ts';
import { InMemoryEventQueue } from './queues/in-memory-event-queue.ts';
import { startWorkers, type Workers, type WorkersContext } from './workers.ts';

/** Each order in fan-out holds a payload and a request to each endpoint. On AWS, four runs have ten orders each. */
const ORDERS_AT_ONCE = 40;
/** A message takes about 300 bytes. */
const MOST_MESSAGES = 20_000;
/** Sweep runs every minute for at most 50 seconds. */
const SWEEP_LIMIT_MS = 3 * 60_000;
/** An attempt takes at most thirty seconds, and the writes after it a few more. */
const STOP_LIMIT_MS = 35_000;

export interface RelayServerOptions {
  readonly dataDir: string;
  readonly host: string;
  /** 0 for a free one. */
  readonly port: number;
  /** How the Hub reaches the relay, such as `https://relay.example.com`. The relay's own URL when absent. */
  readonly publicUrl?: string;
  /** Blocks of addresses that need not be public. */
  readonly allowedCidrs: readonly string[];
  readonly retentionDays?: number;
  readonly payloadRetentionDays?: number;
  /** Hours without a webhook before a notice is sent; 0 sends none. */
  readonly silenceHours: number;
  readonly telemetry: Telemetry;
  /** Makes the handler of all paths but those of webhooks, health and discovery. */
  readonly console?: ((relay: RunningRelay) => RequestHandler) | undefined;
}

/** The parts of a running relay that a console in its process uses. */
export interface RunningRelay
  extends Pick<WorkersContext, 'clock' | 'telemetry' | 'config' | 'eventQueue' | 'deliveryQueue'> {
  readonly store: SqliteStore;
  /** `http://127.0.0.1:8787`. */
  readonly url: string;
  /** Ends in `/webhooks/`. */
  readonly webhookBaseAddress: string;
}

export interface RelayServer {
  /** `http://127.0.0.1:8787`. */
  readonly url: string;
  /** Of the first source; undefined when the CLI has shown it. */
  readonly webhookAddress: string | undefined;
  /** Accepts no more requests, waits for running work until the limit, and closes the data folder. */
  stop(limitMs?: number): Promise<void>;
}

/**
 * Starts everything. The relay accepts requests when the promise resolves.
 *
 * @throws {DataFolderError} when the data folder is in use or cannot be used
 * @throws {DatabaseFileError} when its file is damaged, of another program or of a newer version
 * @throws {PortInUseError} when the port is taken
 */
export async function startRelayServer(options: RelayServerOptions): Promise<RelayServer> {
  const dataDir = resolve(options.dataDir);
  const leaveDataFolder = openDataFolder(dataDir);
  try {
    const store = openSqliteStore({
      ...{ file: join(dataDir, DATABASE_FILE), clock: systemClock, telemetry: options.telemetry },
      ...retentionOf(options),
      lockFile: join(dataDir, LOCK_FILE),
    });
    try {
      return await run({ ...options, dataDir }, store, leaveDataFolder);
    } catch (error) {
      await store.close();
      throw error;
    }
  } catch (error) {
    leaveDataFolder();
    throw error;
  }
}

async function run(
  options: RelayServerOptions,
  store: SqliteStore,
  leaveDataFolder: () => void,
): Promise<RelayServer> {
  const { telemetry, dataDir, console: makeConsole } = options;
  const outgoing = openOutgoing(systemClock, options.allowedCidrs);
  const delay = new EventLoopDelay();
  const clock = { ...systemClock, delayedMs: () => delay.totalMs };
  const started: { workers?: Workers; refusedAtMs?: number | undefined } = {};
  const onRoom = () => started.workers?.recoverSoon();
  const context: WorkersContext = {
    ...{ clock, random: Math.random, telemetry, eventLog: store.eventLog },
    config: new FreshConfig({
      ...{ configTable: store.configTable, clock: systemClock, telemetry },
      hasChanged: () => store.foreignChanges.haveHappened(),
    }),
    eventQueue: new InMemoryEventQueue({ concurrency: ORDERS_AT_ONCE, capacity: MOST_MESSAGES, onRoom }),
    deliveryQueue: new InMemoryDeliveryQueue({ capacity: MOST_MESSAGES, onRoom }),
    ...outgoing,
  };
  const health = new HealthCheck({
    nowMs: () => systemClock.monotonicMs(),
    tryStore: () => store.checkWritable(),
    refusedAtMs: () => started.refusedAtMs,
    sweptAtMs: () => started.workers?.sweptAtMs ?? systemClock.monotonicMs(),
    sweepLimitMs: SWEEP_LIMIT_MS,
  });
  const webhookBaseOf = (port: number) => `${options.publicUrl ?? urlOf(options.host, port)}/webhooks/`;
  const workers = await startWorkers(context, store, options.silenceHours);
  started.workers = workers;
  const front = await startHttpFront({
    ...{ host: options.host, port: options.port },
    webhooks: webhookHandler(context, {
      onStored: (isStored) => {
        started.refusedAtMs = isStored ? undefined : systemClock.monotonicMs();
      },
      caughtUp: () => context.eventQueue.caughtUp(),
    }),
    health: () => health.report(),
    discovery: (port) => ({
      ...{ engine: 'sqlite', dataDir, webhookBaseAddress: webhookBaseOf(port) },
      ...retentionOf(options),
      ...{ silenceHours: options.silenceHours, allowedCidrs: options.allowedCidrs },
    }),
    console:
      makeConsole &&
      ((port) => {
        const url = urlOf(options.host, port);
        return makeConsole({ ...context, store, url, webhookBaseAddress: webhookBaseOf(port) });
      }),
    onError: (error) => telemetry.error('request failed', error),
  }).catch(async (error) => {
    await workers.stop();
    outgoing.close();
    delay.stop();
    throw error;
  });
  return {
    url: urlOf(options.host, front.port),
    webhookAddress: await ensureFirstSource({
      ...store,
      dataDir,
      webhookBaseAddress: webhookBaseOf(front.port),
    }),
    async stop(limitMs = STOP_LIMIT_MS) {
      const limit = AbortSignal.timeout(limitMs);
      health.stopping();
      await front.stop(limit);
      await Promise.race([workers.stop(), aborted(limit)]);
      outgoing.close();
      delay.stop();
      await store.close();
      leaveDataFolder();
    },
  };
}

function retentionOf({ retentionDays = RETENTION_DAYS.fallback, payloadRetentionDays }: RelayServerOptions) {
  return { retentionDays, payloadRetentionDays: payloadRetentionDays ?? retentionDays };
}

/** For programs on this machine. A host such as `0.0.0.0` stands for all of its addresses. */
function urlOf(host: string, port: number): string {
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}
