/** Copies a relay's file while the relay runs. */
import { closeSync, existsSync, openSync, readSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { backup, DatabaseSync } from 'node:sqlite';
import { DatabaseFileError, openReader, problemsOf } from './database-file.ts';
import { APPLICATION_ID } from './schema.ts';

/** All pages in one step: a write of another connection would begin the copy again between two steps. */
const ALL_PAGES = 2 ** 31 - 1;
/** https://www.sqlite.org/fileformat.html#application_id */
const APPLICATION_ID_AT = 68;

/**
 * The copy is complete as of one moment, and replaces an older copy only when it is complete. It runs outside the event
 * loop, and blocks no write.
 * @throws DatabaseFileError
 */
export async function backUp(from: string, to: string): Promise<void> {
  if (existsSync(to) && realpathSync(to) === realpathSync(from))
    throw new DatabaseFileError(`${to} is the relay’s own file. Name another file for the backup`);
  // SQLite would apply this log to the new copy.
  if (existsSync(`${to}-wal`))
    throw new DatabaseFileError(`${to} is in use: its -wal file is there. Name another file for the backup`);
  if (existsSync(to) && !isRelayFile(to))
    throw new DatabaseFileError(
      `${to} exists, and is no backup of a relay. Name another file for the backup`,
    );
  const partial = `${to}.partial`;
  const source = openReader(from);
  try {
    rmSync(partial, { force: true });
    // It contains secrets and personal data: nobody else may read it, also not while it grows.
    closeSync(openSync(partial, 'wx', 0o600));
    await backup(source, partial, { rate: ALL_PAGES });
    refuseDamage(partial);
    renameSync(partial, to);
  } catch (cause) {
    rmSync(partial, { force: true });
    throw new DatabaseFileError(
      `the backup to ${to} failed. Is its folder missing or read-only, or the disk full?`,
      {
        cause,
      },
    );
  } finally {
    source.close();
  }
}

/** False also for a folder, and for a file that cannot be read. */
function isRelayFile(file: string): boolean {
  try {
    const found = openSync(file, 'r');
    try {
      const bytes = Buffer.alloc(4);
      return (
        readSync(found, bytes, { position: APPLICATION_ID_AT }) === 4 &&
        bytes.readUInt32BE() === APPLICATION_ID
      );
    } finally {
      closeSync(found);
    }
  } catch {
    // The caller says that the file is none.
    return false;
  }
}

function refuseDamage(file: string): void {
  const copy = new DatabaseSync(file);
  try {
    const [problem] = problemsOf(copy, 'quick_check');
    if (problem !== undefined) throw new DatabaseFileError(`the copy is damaged: ${problem}`);
  } finally {
    copy.close();
  }
}
