/** Everything that a relay stores, in one SQLite file. */
import { RETENTION_DAYS } from '../contract/retention.ts';
import type { Clock } from '../relay/model/clock.ts';
import type { ConfigTable } from '../relay/ports/config-table.ts';
import type { EventLog } from '../relay/ports/event-log.ts';
import type { ConfigWriter, EventEraser, EventReader, EventWriter } from '../relay/ports/operator.ts';
import type { Telemetry } from '../relay/ports/telemetry.ts';
import { backUp } from './backup.ts';
import { SqliteConfigTable } from './config-table.ts';
import { SqliteConfigWriter } from './config-writer.ts';
import { Connection } from './connection.ts';
import { checkFile, type OpenMode, openDatabaseFile } from './database-file.ts';
import { SqliteEventLog } from './event-log.ts';
import { SqliteEventReader } from './event-reader.ts';
import { SqliteEventWriter } from './event-writer.ts';
import { deleteExpired, Expiry } from './expiry.ts';
import { ForeignChanges } from './foreign-changes.ts';
import { GroupCommit } from './group-commit.ts';
import { keptFiles } from './kept-files.ts';
import { Messages } from './messages.ts';
import { MIGRATIONS } from './schema.ts';

export interface SqliteStoreOptions {
  readonly file: string;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Days until a row expires, counted from an event's last write or from the time when a delivery is settled. */
  readonly retentionDays?: number;
  /** The same for payloads, which contain the personal data. Defaults to `retentionDays`. */
  readonly payloadRetentionDays?: number;
  /** `serve`, the default, creates, checks and migrates the file. `operate` opens the file of a relay that may be running. */
  readonly mode?: OpenMode;
  /** A relay writes nothing after this file was deleted or replaced. */
  readonly lockFile?: string;
}

export interface SqliteStore {
  readonly eventLog: EventLog;
  readonly configTable: ConfigTable;
  readonly configWriter: ConfigWriter;
  readonly eventReader: EventReader;
  readonly eventWriter: EventWriter;
  readonly eventEraser: EventEraser;
  readonly messages: Messages;
  readonly foreignChanges: ForeignChanges;
  /** The number of transactions that this process committed. */
  readonly commits: number;
  /** Deletes up to `limit` expired rows, and returns their number. Call it again while it returns `limit`. */
  deleteExpired(limit: number): Promise<number>;
  /** Copies the file while the relay runs. The copy opens as a relay's file. Rejects with a DatabaseFileError. */
  backup(file: string): Promise<void>;
  /** The problems of the file, as SQLite names them; empty for a sound one. Reads the whole file, and blocks meanwhile. */
  checkIntegrity(): string[];
  /** Rejects when the file takes no writes, for example because the disk is full. */
  checkWritable(): Promise<void>;
  /** Waits for writes and backups, and closes the file. Later calls fail. */
  close(): Promise<void>;
}

/** @throws DatabaseFileError with what to do when the file is damaged, foreign, read-only or of a newer version */
export function openSqliteStore(options: SqliteStoreOptions): SqliteStore {
  const { file, clock, telemetry, retentionDays = RETENTION_DAYS.fallback, mode = 'serve' } = options;
  const { payloadRetentionDays = retentionDays } = options;
  const database = openDatabaseFile(file, mode);
  const connection = new Connection(database);
  const commits = new GroupCommit(
    connection,
    mode === 'serve' ? keptFiles(file, options.lockFile) : undefined,
  );
  const expiry = new Expiry(clock, { retentionDays, payloadRetentionDays });
  const parts = { commits, reader: connection, expiry, clock, telemetry };
  const eventWriter = new SqliteEventWriter(parts);
  const backups = new Set<Promise<void>>();
  return {
    eventLog: new SqliteEventLog(parts),
    configTable: new SqliteConfigTable(parts),
    configWriter: new SqliteConfigWriter(parts),
    eventReader: new SqliteEventReader(parts),
    eventWriter,
    eventEraser: eventWriter,
    messages: new Messages(parts),
    foreignChanges: new ForeignChanges(connection),
    get commits() {
      return commits.commits;
    },
    deleteExpired: (limit) => deleteExpired(commits, telemetry, expiry.now(), limit),
    backup(to) {
      const running = backUp(file, to);
      backups.add(running);
      return running.finally(() => backups.delete(running));
    },
    async checkWritable() {
      // Writes the first page as it is.
      await commits.write('checking that the file takes writes', (connection) =>
        connection.database.exec(`PRAGMA user_version = ${MIGRATIONS.length}`),
      );
    },
    checkIntegrity: () => checkFile(file),
    async close() {
      await commits.close();
      await Promise.allSettled(backups);
      if (database.isOpen) database.close();
    },
  };
}
