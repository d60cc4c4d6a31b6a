/** SQLite stores in files of their own, closed and deleted after each test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { openSqliteStore, type SqliteStore, type SqliteStoreOptions } from '../../lib/sqlite/sqlite-store.ts';
import { MemoryClock } from '../memory/clock.ts';
import { MemoryTelemetry } from '../memory/telemetry.ts';

export interface TestStore extends SqliteStore {
  readonly file: string;
  readonly clock: MemoryClock;
  readonly telemetry: MemoryTelemetry;
}

export type OpenStore = (options?: Partial<SqliteStoreOptions>) => TestStore;

export function useSqlite() {
  const folders: string[] = [];
  const stores: SqliteStore[] = [];
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  function newFolder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'sqlite-store-'));
    folders.push(folder);
    return folder;
  }

  /** In a new file, unless one is named. */
  function open(options: Partial<SqliteStoreOptions> = {}): TestStore {
    const clock = new MemoryClock();
    const telemetry = new MemoryTelemetry();
    const file = options.file ?? join(newFolder(), 'relay.db');
    const store = openSqliteStore({ clock, telemetry, retentionDays: 30, ...options, file });
    stores.push(store);
    return Object.assign(Object.create(null, Object.getOwnPropertyDescriptors(store)), {
      file,
      clock,
      telemetry,
    });
  }

  return { open, newFolder };
}
