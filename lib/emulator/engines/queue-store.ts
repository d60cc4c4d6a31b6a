/** Repairs in fauxqs's SQLite file. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * Makes all messages in flight visible. Their receiver has ended, because only one relay uses the data folder. Receive
 * counts do not change. Call this before fauxqs reads the file.
 */
export function releaseInFlight(folder: string): void {
  if (!existsSync(fileIn(folder))) return;
  const database = new DatabaseSync(fileIn(folder));
  try {
    // A process that was killed during its very first start leaves a file without tables.
    if (database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'sqs_messages'").get() === undefined)
      return;
    database.exec('UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL');
  } finally {
    database.close();
  }
}

/**
 * Works around a bug of fauxqs 2.4: `ChangeMessageVisibility` to 0 sets the receive count to NULL in the file, which
 * the table forbids. The message and its group would then be stuck until the next start. Call this after fauxqs has
 * created its tables.
 */
export function keepReceiveCounts(folder: string): void {
  const database = new DatabaseSync(fileIn(folder));
  try {
    database.exec(
      `CREATE TRIGGER IF NOT EXISTS keep_receive_count BEFORE UPDATE ON sqs_messages
     WHEN NEW.approximate_receive_count IS NULL
     BEGIN
       UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL WHERE message_id = OLD.message_id;
       SELECT RAISE(IGNORE);
     END`,
    );
  } finally {
    database.close();
  }
}

function fileIn(folder: string): string {
  return join(folder, 'fauxqs.db');
}
