/** The folder that a relay keeps everything in, which only one relay may use at a time. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** The data folder cannot be used as it is; the message says what to do about it. */
export class DataFolderError extends Error {
  override readonly name = 'DataFolderError';
}

/**
 * Makes the folder if it is not there, and keeps other relays out of it until the returned function is called. The
 * lock is SQLite's, which the operating system takes back from a process that dies in whatever way: no lock is left
 * behind.
 *
 * @throws {DataFolderError} when another relay uses the folder, or it cannot be made
 */
export function openDataFolder(folder: string): () => void {
  try {
    // Orders hold names and addresses of people: nobody else's business on a shared machine.
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new DataFolderError(`The data folder ${folder} cannot be made: ${reasonOf(error)}`);
  }
  const database = new DatabaseSync(join(folder, 'lock'));
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch {
    database.close();
    throw new DataFolderError(
      `The data folder ${folder} is in use by another relay. Stop that one, or use another folder.`,
    );
  }
  return () => database.close();
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
