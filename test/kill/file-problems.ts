/** Checks the file of a killed relay on one machine: its pages, and each table with its indexes. */
import { join } from 'node:path';
import { DATABASE_FILE } from '../../lib/contract/local-relay.ts';
import { systemClock as clock } from '../../lib/node/system-clock.ts';
import { openSqliteStore } from '../../lib/sqlite/sqlite-store.ts';
import { MemoryTelemetry } from '../memory/telemetry.ts';

/** The problems as SQLite names them. */
export async function fileProblems(dataDir: string): Promise<string[]> {
  const telemetry = new MemoryTelemetry();
  const store = openSqliteStore({ file: join(dataDir, DATABASE_FILE), clock, telemetry });
  try {
    return store.checkIntegrity();
  } finally {
    await store.close();
  }
}
