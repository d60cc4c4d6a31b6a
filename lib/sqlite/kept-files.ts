/**
 * Makes sure that a commit goes into the files that the next start will open. After a file was deleted or replaced, SQLite
 * goes on with the old one, which is lost when the process ends.
 */
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { StoreError } from '../relay/ports/event-log.ts';
import { LOG_LIMIT_BYTES, openReader, problemsOf } from './database-file.ts';

interface Found {
  readonly identity: string;
  readonly bytes: number;
}

/**
 * Call it while the file is open for writing: its write-ahead log exists then, and SQLite does not replace it.
 *
 * @param lockFile when it is gone, another relay may have started
 * @returns a function that throws a StoreError while another file or none is in the place of one of them, and once one was
 * cut
 */
export function keptFiles(file: string, lockFile?: string): () => void {
  const files = [file, `${file}-wal`, ...(lockFile === undefined ? [] : [lockFile])];
  const kept = new Map(files.map((one) => [one, find(one)]));
  let cut: StoreError | undefined;
  return () => {
    if (cut !== undefined) throw cut;
    for (const [one, before] of kept) {
      const now = find(one);
      if (now?.identity !== before?.identity)
        throw new StoreError(
          `${basename(one)} was moved, deleted or replaced while the relay ran. Put it back, or start the relay again; if data is lost, restore a backup`,
        );
      if (wasCut(before, now) && !isSound(file)) {
        cut = new StoreError(
          `${basename(one)} was cut while the relay ran. Stop the relay and restore a backup`,
        );
        throw cut;
      }
      kept.set(one, now);
    }
  };
}

/** True also when another program has moved the rows into the file and emptied the log, as SQLite can. */
function wasCut(before: Found | undefined, now: Found | undefined): boolean {
  if (before === undefined || now === undefined) return false;
  return now.bytes < before.bytes && now.bytes !== LOG_LIMIT_BYTES;
}

/** Reads the whole file, and blocks meanwhile. */
function isSound(file: string): boolean {
  try {
    // A new connection has no page in memory that the files lack.
    const reader = openReader(file);
    try {
      return problemsOf(reader, 'quick_check').length === 0;
    } finally {
      reader.close();
    }
  } catch {
    return false;
  }
}

/** Undefined when there is no file, or its folder cannot be read. */
function find(file: string): Found | undefined {
  try {
    const { dev, ino, size } = statSync(file);
    return { identity: `${dev} ${ino}`, bytes: size };
  } catch {
    return undefined;
  }
}
