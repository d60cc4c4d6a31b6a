/** The folder of a relay's data. Only one relay may use it at a time. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** The data folder cannot be used. The message says what to do. */
export class DataFolderError extends Error {
  override readonly name = 'DataFolderError';
}

/** In the data folder. People may take it for a leftover, and delete it. */
export const LOCK_FILE = 'lock';

/** https://www.sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5;

/** Patterns in errors of the operating system, SQLite and LevelDB, each with a sentence for people. */
const PROBLEMS: readonly { readonly pattern: RegExp; readonly sentence: (folder: string) => string }[] = [
  {
    pattern: /ENOSPC|EDQUOT|no space left|disk is full|quota exceeded/i,
    sentence: (folder) => `The disk of the data folder ${folder} is full. Free some space and start again.`,
  },
  {
    pattern: /EACCES|EPERM|EROFS|permission denied|read-?only|unable to open database/i,
    sentence: (folder) =>
      `The data folder ${folder} cannot be written. Give this user write access to it and to all files in it, or use another folder.`,
  },
  {
    pattern: /ENOTDIR|EEXIST|not a directory|file already exists/i,
    sentence: (folder) =>
      `The data folder ${folder} cannot be created: a file is in its place. Use another folder.`,
  },
  {
    pattern:
      /corrupt|not a (valid SQLite )?database|malformed|LEVEL_DATABASE_NOT_OPEN|Database failed to open|bad block|checksum mismatch/i,
    sentence: (folder) =>
      `The data in ${folder} is damaged. Replace the folder by a copy that you made before, or move it away to start with an empty relay.`,
  },
];

/**
 * Creates the folder if necessary, and locks it until the returned function is called. The lock is SQLite's: the
 * operating system releases it when the process ends, even by a crash.
 *
 * @throws {DataFolderError} when another relay uses the folder, or it cannot be used
 */
export function openDataFolder(folder: string): () => void {
  try {
    // Orders contain people's names and addresses, so other users of the machine get no access.
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return lock(folder);
  } catch (error) {
    throw asDataFolderError(folder, error);
  }
}

function lock(folder: string): () => void {
  const database = new DatabaseSync(join(folder, LOCK_FILE));
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (!(error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY)) throw error;
    throw new DataFolderError(
      `The data folder ${folder} is in use by another relay. Stop that one, or use another folder.`,
    );
  }
  return () => database.close();
}

/** Says in one sentence why a relay cannot use its data folder, and what to do. Returns other errors unchanged. */
export function asDataFolderError(folder: string, error: unknown): unknown {
  if (error instanceof DataFolderError) return error;
  const reason = reasonsOf(error);
  const problem = PROBLEMS.find(({ pattern }) => pattern.test(reason));
  return problem === undefined
    ? error
    : new DataFolderError(`${problem.sentence(folder)} (${reason})`, { cause: error });
}

/** The messages and codes of an error and its causes. */
function reasonsOf(error: unknown): string {
  const reasons: string[] = [];
  for (let one: unknown = error; one instanceof Error; one = one.cause) {
    const code = 'code' in one && typeof one.code === 'string' ? `${one.code}: ` : '';
    reasons.push(`${one.message.startsWith(code) ? '' : code}${one.message}`);
  }
  return reasons.join('; ');
}
