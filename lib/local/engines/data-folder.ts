/** The folder of a relay's data. Only one relay may use it at a time. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** The data folder cannot be used. The message says what to do. */
export class DataFolderError extends Error {
  override readonly name = 'DataFolderError';
}

/**
 * Creates the folder if necessary, and locks it until the returned function is called. The lock is SQLite's: the
 * operating system releases it when the process ends, even by a crash.
 *
 * @throws {DataFolderError} when another relay uses the folder, or it cannot be created
 */
export function openDataFolder(folder: string): () => void {
  try {
    // Orders contain people's names and addresses, so other users of the machine get no access.
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
