/**
 * The sweep of a relay that runs as a process of its own, run from outside: nobody who tests wants to wait for the
 * schedule's minute, and several sweeps at once have to be harmless.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock as clock } from '../../lib/node/system-clock.ts';
import type { Connection } from '../../lib/operator/connection.ts';
import { Config } from '../../lib/relay/config.ts';
import { Deadline } from '../../lib/relay/model/clock.ts';
import { sweep } from '../../lib/relay/sweep/sweep.ts';
import { anOperator } from '../end-to-end/an-operator.ts';
import { MemoryTelemetry } from '../memory/telemetry.ts';

/** Each sweep takes CPU from the relay that it sweeps. */
const EVERY_MS = 2_000;
/** As the stack has it: see `lib/stack/functions.ts`. */
const TIMEOUT_MS = 50_000;

export interface Sweeping {
  /** Resolves once the last sweep has ended. */
  stop(): Promise<void>;
}

/**
 * Sweeps every two seconds from now on.
 *
 * @param url of the relay, which has to be running until this is stopped
 */
export async function startSweeping(url: string): Promise<Sweeping> {
  const connection = await anOperator(url);
  const stopping = new AbortController();
  const sweepOn = async () => {
    while (!stopping.signal.aborted) {
      await sweepThrough(connection);
      await sleep(EVERY_MS, undefined, { signal: stopping.signal }).catch(() => {});
    }
  };
  const swept = sweepOn();
  return {
    async stop() {
      stopping.abort();
      await swept;
      connection.close();
    },
  };
}

/** Sweeps once, with messages through the relay's queues. */
export async function sweepThrough(connection: Connection): Promise<void> {
  const telemetry = new MemoryTelemetry();
  const { eventLog, configTable } = connection;
  const { eventQueue, deliveryQueue } = await connection.queues();
  // Config is cached for ten seconds. Here each sweep reads it again.
  const config = new Config(configTable, clock, telemetry);
  const context = { clock, random: Math.random, telemetry, config, eventLog, eventQueue, deliveryQueue };
  await sweep(context, new Deadline(clock, TIMEOUT_MS));
}
