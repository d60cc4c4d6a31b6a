/** Opens a relay's file. Checks first that the file is a relay's and undamaged. */
import { closeSync, existsSync, openSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { adviceOf, failureKind } from './failures.ts';
import { APPLICATION_ID, MIGRATIONS } from './schema.ts';

/** `serve` creates, checks and migrates the file. `operate` opens the file of a relay that may be running. */
export type OpenMode = 'serve' | 'operate';

/** The file cannot be used. The message says what to do. */
export class DatabaseFileError extends Error {
  override readonly name = 'DatabaseFileError';
}

/** How long opening waits for the lock of another process. */
const OPEN_LOCK_MS = 5_000;
/** A reader waits only while another process recovers the write-ahead log. */
const READER_LOCK_MS = 1_000;

/** A longer write-ahead log is cut to this size once all of it is in the file. */
export const LOG_LIMIT_BYTES = 64 * 1024 * 1024;

/**
 * A commit is on the disk before it returns. Deleted content is overwritten, because `forget` promises an erasure. The
 * cache is bounded: it takes at most 8 MB. The write-ahead log is copied back every 4,000 pages (16 MB): less
 * often than by default, because the copy blocks the event loop.
 */
const PRAGMAS = `
  PRAGMA synchronous = FULL;
  PRAGMA cache_size = -8000;
  PRAGMA wal_autocheckpoint = 4000;
  PRAGMA journal_size_limit = ${LOG_LIMIT_BYTES};
  PRAGMA secure_delete = ON;
  PRAGMA trusted_schema = OFF;
  PRAGMA cell_size_check = ON;
  PRAGMA busy_timeout = 0;
`;
const READER_PRAGMAS = `
  PRAGMA cache_size = -8000;
  PRAGMA trusted_schema = OFF;
`;

/**
 * A connection that writes and reads. A second one for the reads would read each page again from the file after each commit.
 *
 * @throws DatabaseFileError
 */
export function openDatabaseFile(file: string, mode: OpenMode): DatabaseSync {
  prepareFile(file, mode);
  return orFileError(file, () => {
    const database = new DatabaseSync(file, { timeout: OPEN_LOCK_MS });
    try {
      checkHeader(database, file, mode);
      if (mode === 'serve') {
        refuseDamage(database, file);
        migrate(database);
      }
      database.exec(PRAGMAS);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

/** A further connection that only reads, and that has no page in memory. */
export function openReader(file: string): DatabaseSync {
  const reader = new DatabaseSync(file, { readOnly: true, timeout: READER_LOCK_MS });
  reader.exec(READER_PRAGMAS);
  return reader;
}

/** The problems of a relay's file that may be in use. Reads the whole file, and blocks meanwhile. */
export function checkFile(file: string): string[] {
  return orFileError(file, () => {
    const reader = openReader(file);
    try {
      return problemsOf(reader, 'integrity_check');
    } catch (error) {
      // Some damage ends the check.
      if (failureKind(error) !== 'damaged') throw error;
      return [String((error as Error).message)];
    } finally {
      reader.close();
    }
  });
}

/** Its problems, as SQLite names them. Reads the whole file. */
export function problemsOf(database: DatabaseSync, pragma: 'quick_check' | 'integrity_check'): string[] {
  const rows = database.prepare(`PRAGMA ${pragma}`).all();
  return rows.map((row) => String(row[pragma])).filter((text) => text !== 'ok');
}

function prepareFile(file: string, mode: OpenMode): void {
  if (existsSync(file)) {
    if (statSync(file).size === 0 && hasContent(`${file}-wal`))
      throw new DatabaseFileError(
        `${file} is empty, and its -wal file is not: it is damaged. Restore a backup`,
      );
    return;
  }
  if (mode === 'operate')
    throw new DatabaseFileError(`${file} does not exist. Start the relay once, or name its file`);
  if (hasContent(`${file}-wal`))
    throw new DatabaseFileError(
      `${file} is missing, and its -wal file is there. Restore both, or move that away`,
    );
  // It will contain secrets and personal data: nobody else may read it.
  orFileError(file, () => closeSync(openSync(file, 'wx', 0o600)));
}

const hasContent = (file: string) => existsSync(file) && statSync(file).size > 0;

function checkHeader(database: DatabaseSync, file: string, mode: OpenMode): void {
  const applicationId = pragmaOf(database, 'application_id');
  const version = pragmaOf(database, 'user_version');
  const isEmpty = database.prepare('SELECT name FROM sqlite_schema LIMIT 1').get() === undefined;
  if (isEmpty && applicationId === 0 && version === 0) {
    if (mode === 'serve') return;
    throw new DatabaseFileError(`${file} is empty. Start the relay once, or name its file`);
  }
  if (applicationId !== APPLICATION_ID)
    throw new DatabaseFileError(`${file} is the file of another program. Name another file for the relay`);
  if (version > MIGRATIONS.length)
    throw new DatabaseFileError(
      `${file} was written by a newer version of the relay (format ${version}; this version knows ${MIGRATIONS.length}). Install that version, or restore an older backup`,
    );
  if (mode === 'operate' && version < MIGRATIONS.length)
    throw new DatabaseFileError(
      `${file} was written by an older version of the relay. Start this version of the relay once`,
    );
}

function refuseDamage(database: DatabaseSync, file: string): void {
  const [problem] = problemsOf(database, 'quick_check');
  if (problem === undefined) return;
  throw new DatabaseFileError(`${file}: ${adviceOf('damaged')} (${problem.slice(0, 200)})`);
}

/** All migrations that are missing, in one transaction. Without one, it still makes sure that the file can be written. */
function migrate(database: DatabaseSync): void {
  database.exec('PRAGMA journal_mode = WAL');
  database.exec('BEGIN IMMEDIATE');
  try {
    const version = pragmaOf(database, 'user_version');
    for (const migration of MIGRATIONS.slice(version)) database.exec(migration);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${MIGRATIONS.length}`);
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

function pragmaOf(database: DatabaseSync, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
}

function orFileError<Result>(file: string, open: () => Result): Result {
  try {
    return open();
  } catch (cause) {
    if (cause instanceof DatabaseFileError) throw cause;
    const kind = failureKind(cause);
    const advice = kind === undefined || kind === 'other' ? String(cause) : adviceOf(kind);
    throw new DatabaseFileError(`${file}: ${advice}`, { cause });
  }
}
