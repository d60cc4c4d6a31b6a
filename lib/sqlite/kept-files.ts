/**
 * Makes sure that a commit goes into the files that the next start will open. After a file was deleted or replaced, SQLite
 * goes on with the old one, which is lost when the process ends.
 */
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { StoreError } from '../relay/ports/event-log.ts';

interface Kept {
  readonly file: string;
  readonly identity: string | undefined;
}

/**
 * Call it while the file is open for writing: its write-ahead log exists then, and SQLite does not replace it.
 *
 * @param lockFile when it is gone, another relay may have started
 * @returns a function that throws a StoreError while another file or none is in the place of one of them
 */
export function keptFiles(file: string, lockFile?: string): () => void {
  const files = [file, `${file}-wal`, ...(lockFile === undefined ? [] : [lockFile])];
  const kept = files.map((one): Kept => ({ file: one, identity: identityOf(one) }));
  return () => {
    const lost = kept.find((one) => identityOf(one.file) !== one.identity);
    if (lost === undefined) return;
    throw new StoreError(
      `${basename(lost.file)} was moved, deleted or replaced while the relay ran. Put it back, or start the relay again; if data is lost, restore a backup`,
    );
  };
}

/** Undefined when there is no file, or its folder cannot be read. */
function identityOf(file: string): string | undefined {
  try {
    const { dev, ino } = statSync(file);
    return `${dev} ${ino}`;
  } catch {
    return undefined;
  }
}
