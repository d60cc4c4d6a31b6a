/** What fauxqs's SQLite file needs beyond what fauxqs does with it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * Makes messages that were in flight visible at once. Whoever had received them is dead: the queues of a data folder
 * have a single relay. How often a message was received stays as it is. To be called before fauxqs reads the file.
 */
export function releaseInFlight(folder: string): void {
  if (!existsSync(fileIn(folder))) return;
  write(folder, 'UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL');
}

/**
 * Mends a fault of fauxqs 2.4: a message that is returned at once (`ChangeMessageVisibility` to 0) has its receive count
 * set to NULL in the file, which the table forbids; the message, and with it its group, is then stuck until the next
 * start. To be called once fauxqs has made its tables.
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
