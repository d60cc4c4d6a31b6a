import {
  appendFileSync,
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, vi } from 'vitest';
import { DatabaseFileError, openDatabaseFile } from '../../lib/sqlite/database-file.ts';
import { APPLICATION_ID, MIGRATIONS } from '../../lib/sqlite/schema.ts';
import { anEvent, aPayload } from '../ports/builders.ts';
import { useSqlite } from './stores.ts';

const sqlite = useSqlite();

const newPath = () => join(sqlite.newFolder(), 'relay.db');

/** A closed file with some hundred events. */
async function aFile(): Promise<string> {
  const store = sqlite.open();
  await Promise.all(
    Array.from({ length: 300 }, async () => {
      const event = anEvent();
      await store.eventLog.putPayload(event, aPayload('x'.repeat(2_000)));
      await store.eventLog.putEvent(event, store.clock.now());
    }),
  );
  await store.close();
  return store.file;
}

function edit(file: string, sql: string): void {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
}

function overwriteInTheMiddle(file: string): void {
  const middle = Math.floor(statSync(file).size / 2);
  const opened = openSync(file, 'r+');
  writeSync(opened, Buffer.alloc(8_192, 0x5a), 0, 8_192, middle);
  closeSync(opened);
}

function opening(file: string, mode: 'serve' | 'operate' = 'serve') {
  return () => sqlite.open({ file, mode });
}

describe('a new file', () => {
  it('is created with the id and the version of the relay, readable by its owner only', () => {
    const { file } = sqlite.open();

    const database = new DatabaseSync(file, { readOnly: true });
    expect(database.prepare('PRAGMA application_id').get()).toEqual({ application_id: APPLICATION_ID });
    expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: MIGRATIONS.length });
    expect(database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
    database.close();
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('is not created for an operator', () => {
    const file = newPath();

    expect(opening(file, 'operate')).toThrow(DatabaseFileError);
    expect(opening(file, 'operate')).toThrow('does not exist. Start the relay once, or name its file');
  });

  it('is not created beside the write-ahead log of a file that is gone', () => {
    const file = newPath();
    writeFileSync(`${file}-wal`, 'content');

    expect(opening(file)).toThrow('is missing, and its -wal file is there');
  });

  it('syncs each commit to the disk', () => {
    const database = openDatabaseFile(newPath(), 'serve');

    expect(database.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 });
    expect(database.prepare('PRAGMA secure_delete').get()).toEqual({ secure_delete: 1 });
    database.close();
  });

  it.each(['serve', 'operate'] as const)(
    'never waits for a lock inside of SQLite after it was opened to %s',
    async (mode) => {
      const database = openDatabaseFile(await aFile(), mode);

      expect(database.prepare('PRAGMA busy_timeout').get()).toEqual({ timeout: 0 });
      database.close();
    },
  );
});

describe('an existing file', () => {
  it('is opened with its rows, by the relay and by an operator at the same time', async () => {
    const file = await aFile();
    const relay = sqlite.open({ file });
    const operator = sqlite.open({ file, mode: 'operate' });

    expect(await operator.configWriter.add('source', 'main', { enabled: true })).toBe(true);
    expect(await relay.configTable.rows('source')).toEqual([{ id: 'main', attributes: { enabled: true } }]);
    await relay.configTable.updateHealth('erp' as never, {}, { state: 'ok' });
    expect(await operator.configTable.rows('health')).toHaveLength(1);
  });

  it('is refused when it is no SQLite database', () => {
    const file = newPath();
    writeFileSync(
      file,
      'some text that is long enough to have a header of its own, and then some more text\n'.repeat(100),
    );

    expect(opening(file)).toThrow(DatabaseFileError);
    expect(opening(file)).toThrow('the file is not a SQLite database');
    expect(readFileSync(file, 'utf8')).toContain('some text');
  });

  it('is refused, and not changed, when it belongs to another program', () => {
    const file = newPath();
    edit(file, 'CREATE TABLE note (text)');
    const before = readFileSync(file);

    expect(opening(file)).toThrow('is the file of another program. Name another file for the relay');
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('is refused when a newer version of the relay wrote it', async () => {
    const file = await aFile();
    edit(file, `PRAGMA user_version = ${MIGRATIONS.length + 1}`);

    expect(opening(file)).toThrow('was written by a newer version of the relay');
    // The connection was closed, also: the last one deletes these files.
    expect(existsSync(`${file}-wal`) || existsSync(`${file}-shm`)).toBe(false);
  });

  it('is refused for an operator when an older version of the relay wrote it', async () => {
    const file = await aFile();
    edit(file, `PRAGMA user_version = ${MIGRATIONS.length - 1}`);

    expect(opening(file, 'operate')).toThrow(
      'older version of the relay. Start this version of the relay once',
    );
  });

  it.each([
    ['in the middle of its pages', 0.5],
    ['after its first page', 0.02],
  ])('is refused when it is truncated %s', async (_, part) => {
    const file = await aFile();
    truncateSync(file, Math.floor((statSync(file).size * part) / 4096) * 4096);

    expect(opening(file)).toThrow(DatabaseFileError);
    expect(opening(file)).toThrow('the database file is damaged. Stop the relay and restore a backup');
  });

  it('is refused when it is empty and its write-ahead log is not', () => {
    const file = newPath();
    writeFileSync(file, '');
    writeFileSync(`${file}-wal`, 'content');

    expect(opening(file)).toThrow('it is damaged. Restore a backup');
  });

  it('is refused when a page is overwritten', async () => {
    const file = await aFile();
    overwriteInTheMiddle(file);

    expect(opening(file)).toThrow('the database file is damaged');
  });

  it('is refused when a folder has its name', () => {
    expect(opening(sqlite.newFolder())).toThrow('cannot be opened');
  });

  it.skipIf(process.getuid?.() === 0)('is refused when it is read-only', async () => {
    const file = await aFile();
    chmodSync(file, 0o400);

    expect(opening(file)).toThrow('is read-only');
  });

  it('keeps what was committed when the write-ahead log ends in a torn write', async () => {
    const store = sqlite.open();
    await store.configWriter.add('source', 'main', { enabled: true });
    const copy = newPath();
    copyFileSync(store.file, copy);
    copyFileSync(`${store.file}-wal`, `${copy}-wal`);
    appendFileSync(`${copy}-wal`, Buffer.alloc(3_000, 0x5a));

    expect(await sqlite.open({ file: copy }).configTable.rows('source')).toHaveLength(1);
  });
});

describe('a file that was damaged while it is open', () => {
  it('has problems, though its pages are in memory', async () => {
    const store = sqlite.open({ file: await aFile() });
    expect(store.checkIntegrity()).toEqual([]);

    overwriteInTheMiddle(store.file);

    expect(store.checkIntegrity()).not.toEqual([]);
  });
});

describe('the migrations', () => {
  it('are executed from the version of the file on, and only once', async () => {
    const file = await aFile();
    const added = 'CREATE TABLE later (id TEXT) STRICT';
    vi.spyOn(MIGRATIONS, 'slice').mockImplementation((from = 0) =>
      [...MIGRATIONS, added].filter((_, i) => i >= from),
    );

    const database = openDatabaseFile(file, 'serve');

    expect(database.prepare('SELECT count(*) AS count FROM later').get()).toEqual({ count: 0 });
    expect(database.prepare('SELECT count(*) AS count FROM event').get()).toEqual({ count: 300 });
    database.close();
  });

  it('move the outcomes of events into a column of their own', async () => {
    const file = newPath();
    const [event, unfinished] = [anEvent(), anEvent()];
    const outcomes = { erp: { state: 'delivered', status: 200, durationMs: 17 } };
    const attributes = { source: 'main', fannedOutAt: '2026-03-01T12:00:00.000Z' };
    edit(
      file,
      `${MIGRATIONS[0]};
       PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = 1;
       INSERT INTO event (orderKey, eventId, attributes) VALUES
         ('${event.orderKey}', '${event.eventId}', '${JSON.stringify({ ...attributes, outcomes })}'),
         ('${unfinished.orderKey}', '${unfinished.eventId}', '{"source":"main"}')`,
    );

    const store = sqlite.open({ file });

    expect(await store.eventLog.event(event)).toMatchObject({ outcomes });
    expect(await store.eventLog.event(unfinished)).not.toHaveProperty('outcomes');
    const database = new DatabaseSync(file, { readOnly: true });
    const sql = 'SELECT attributes, outcomes FROM event ORDER BY outcomes IS NULL';
    expect(database.prepare(sql).all()).toEqual([
      { attributes: JSON.stringify(attributes), outcomes: JSON.stringify(outcomes) },
      { attributes: '{"source":"main"}', outcomes: null },
    ]);
    database.close();
  });

  it.each([
    ['null', undefined],
    ['[]', undefined],
    ['"delivered"', undefined],
    ['{"erp":{"state":"dead"},"__proto__":{"state":"pending"}}', ['erp', '__proto__']],
    ["{erp:{state:'dead'}}", ['erp']],
  ])('leave the file usable when a person wrote %s in the place of the outcomes', async (outcomes, ids) => {
    const file = newPath();
    const { orderKey, eventId } = anEvent();
    edit(
      file,
      `${MIGRATIONS[0]};
       PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = 1;
       INSERT INTO event (orderKey, eventId, attributes) VALUES
         ('${orderKey}', '${eventId}', '{"niceId":"Magic7-501","outcomes":${outcomes.replaceAll("'", "''")}}')`,
    );

    const store = sqlite.open({ file });
    await store.eventEraser.noteForgotten({ orderKey, eventId }, store.clock.now());

    const event = await store.eventLog.event({ orderKey, eventId });
    expect(event).toMatchObject({ niceId: 'Magic7-501', forgottenAt: store.clock.now() });
    expect(event?.outcomes && Object.keys(event.outcomes)).toEqual(ids);
    expect(store.checkIntegrity()).toEqual([]);
  });

  it('leave the file as it was when one fails', async () => {
    const file = await aFile();
    vi.spyOn(MIGRATIONS, 'slice').mockReturnValue([
      'CREATE TABLE later (id TEXT) STRICT; CREATE TABLE event (id)',
    ]);

    expect(() => openDatabaseFile(file, 'serve')).toThrow(DatabaseFileError);

    const database = new DatabaseSync(file, { readOnly: true });
    expect(database.prepare("SELECT name FROM sqlite_schema WHERE name = 'later'").get()).toBeUndefined();
    database.close();
  });
});
