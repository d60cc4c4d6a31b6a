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
  write(folder, 'UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL');
}

/**
 * Works around a bug of fauxqs 2.4: `ChangeMessageVisibility` to 0 sets the receive count to NULL in the file, which
 * the table forbids. The message and its group would then be stuck until the next start. Call this after fauxqs has
 * created its tables.
 */
export function keepReceiveCounts(folder: string): void {
  write(
    folder,
    `CREATE TRIGGER IF NOT EXISTS keep_receive_count BEFORE UPDATE ON sqs_messages
     WHEN NEW.approximate_receive_count IS NULL
     BEGIN
       UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL WHERE message_id = OLD.message_id;
       SELECT RAISE(IGNORE);
     END`,
  );
}

function fileIn(folder: string): string {
  return join(folder, 'fauxqs.db');
}

function write(folder: string, statement: string): void {
  const database = new DatabaseSync(fileIn(folder));
  try {
    database.exec(statement);
  } finally {
    database.close();
  }
}
