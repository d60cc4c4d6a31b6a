import { copyFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { StoreError } from '../../lib/relay/ports/event-log.ts';
import { anEvent, aPayload } from '../ports/builders.ts';
import { type TestStore, useSqlite } from './stores.ts';

const sqlite = useSqlite();

function write({ eventLog, clock }: TestStore): Promise<unknown> {
  const event = anEvent();
  return Promise.all([
    eventLog.putPayload(event, aPayload('x'.repeat(2_000))),
    eventLog.putEvent(event, clock.now()),
  ]);
}

describe('a running relay whose file is taken away', () => {
  it.each(['', '-wal'])('accepts nothing after relay.db%s was deleted', async (suffix) => {
    const store = sqlite.open();
    await write(store);

    rmSync(`${store.file}${suffix}`);

    await expect(write(store)).rejects.toThrow(StoreError);
    await expect(store.checkWritable()).rejects.toThrow(
      new RegExp(`relay\\.db${suffix} was moved, deleted or replaced.*Put it back, or start the relay again`),
    );
  });

  it('accepts nothing after another file took its place', async () => {
    const store = sqlite.open();
    const copy = `${store.file}.copy`;
    copyFileSync(store.file, copy);

    renameSync(copy, store.file);

    await expect(write(store)).rejects.toThrow(/relay\.db was moved, deleted or replaced/);
  });

  it('accepts nothing after another relay made a new lock file', async () => {
    const lockFile = join(sqlite.newFolder(), 'lock');
    writeFileSync(lockFile, '');
    const store = sqlite.open({ lockFile });
    await write(store);

    writeFileSync(`${lockFile}.new`, '');
    renameSync(`${lockFile}.new`, lockFile);

    await expect(write(store)).rejects.toThrow(/lock was moved, deleted or replaced/);
  });

  it('accepts nothing after its write-ahead log was cut', async () => {
    const store = sqlite.open();
    for (let index = 0; index < 50; index++) await write(store);

    truncateSync(`${store.file}-wal`, 50_000);

    await expect(write(store)).rejects.toThrow(/relay\.db-wal was cut.*restore a backup/);
    await expect(write(store)).rejects.toThrow(/relay\.db-wal was cut/);
  });

  it('goes on after another program emptied the write-ahead log as SQLite does', async () => {
    const store = sqlite.open();
    for (let index = 0; index < 50; index++) await write(store);
    const other = new DatabaseSync(store.file);

    const emptied = other.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
    other.close();

    expect(emptied).toMatchObject({ busy: 0 });
    await expect(write(store)).resolves.toBeDefined();
  });

  it('continues once the file is back', async () => {
    const store = sqlite.open();
    renameSync(store.file, `${store.file}.moved`);
    await expect(write(store)).rejects.toThrow(StoreError);

    renameSync(`${store.file}.moved`, store.file);

    await expect(write(store)).resolves.toBeDefined();
  });
});
