/** A relay on one machine, whose data is in a SQLite file of this machine. */

import { join } from 'node:path';
import { z } from 'zod';
import { DATABASE_FILE } from '../contract/local-relay.ts';
import { RETENTION_DAYS } from '../contract/retention.ts';
import { ProcessExpressions } from '../node/expressions/process-expressions.ts';
import type { Connection, RelayDescription } from '../operator/connection.ts';
import { readConsoleAddress } from './console-address.ts';
import { NO_DEAD_LETTERS } from './no-dead-letters.ts';
import { portOption } from './port-option.ts';
import { warningsOnly } from './warnings-only.ts';

const days = z.int().min(1).default(RETENTION_DAYS.fallback);

/** The discovery document of such a relay. */
export const sqliteDiscoverySchema = z.object({
  engine: z.literal('sqlite'),
  dataDir: z.string().min(1),
  webhookBaseAddress: z.url(),
  retentionDays: days,
  payloadRetentionDays: days,
  silenceHours: z.int().min(0).default(0),
  allowedCidrs: z.array(z.string()).default([]),
});

export interface SqliteRelay extends RelayDescription {
  readonly dataDir: string;
  readonly retentionDays: number;
  readonly payloadRetentionDays: number;
  readonly allowedCidrs: readonly string[];
  /** Of the running relay. */
  readonly port: number;
}

export function describeDiscovery(
  port: number,
  { engine: _, silenceHours, ...rest }: z.output<typeof sqliteDiscoverySchema>,
): SqliteRelay {
  return {
    title: `the local relay on port ${port}`,
    ...portOption(port),
    port,
    ...rest,
    ...(silenceHours > 0 && { silenceHours }),
    ...consoleOf(rest.dataDir),
  };
}

function consoleOf(dataDir: string): { readonly consoleAddress?: string } {
  const consoleAddress = readConsoleAddress(dataDir);
  return consoleAddress === undefined ? {} : { consoleAddress };
}

/**
 * Opens the relay's file beside the running relay, which takes messages from it.
 *
 * @throws DatabaseFileError
 */
export async function connectSqlite(
  relay: SqliteRelay,
  warn: (message: string) => void,
): Promise<Connection> {
  const [{ openSqliteStore }, { Config }, { systemClock: clock }] = await Promise.all([
    import('../sqlite/sqlite-store.ts'),
    import('../relay/config.ts'),
    import('../node/system-clock.ts'),
  ]);
  const { retentionDays, payloadRetentionDays } = relay;
  const telemetry = warningsOnly(warn);
  const file = join(relay.dataDir, DATABASE_FILE);
  const store = openSqliteStore({
    ...{ file, clock, telemetry, retentionDays, payloadRetentionDays, mode: 'operate' },
  });
  const { configTable, configWriter, eventLog, eventReader, eventWriter, eventEraser, messages } = store;
  const { eventQueue, deliveryQueue } = messages;
  const deadLetters = { events: NO_DEAD_LETTERS, deliveries: NO_DEAD_LETTERS };
  return {
    ...{
      relay,
      clock,
      telemetry,
      configTable,
      configWriter,
      eventLog,
      eventReader,
      eventWriter,
      eventEraser,
    },
    config: new Config(configTable, clock, telemetry),
    openExpressions: () => new ProcessExpressions({ waitLimitMs: 60_000 }),
    queues: async () => ({ eventQueue, deliveryQueue, deadLetters }),
    backup: (to) => store.backup(to),
    close() {
      // The caller has awaited its writes, so nothing is left that could fail.
      void store.close();
    },
  };
}
