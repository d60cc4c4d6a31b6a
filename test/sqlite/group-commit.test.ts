import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RowRefusedError, StoreError } from '../../lib/relay/ports/event-log.ts';
import { Connection } from '../../lib/sqlite/connection.ts';
import { openDatabaseFile, openReader } from '../../lib/sqlite/database-file.ts';
import { GroupCommit } from '../../lib/sqlite/group-commit.ts';
import { useSqlite } from './stores.ts';

const sqlite = useSqlite();

function make() {
  const file = join(sqlite.newFolder(), 'relay.db');
  const writer = openDatabaseFile(file, 'serve');
  const reader = openReader(file);
  onTestFinished(() => {
    reader.close();
    writer.close();
  });
  const commits = new GroupCommit(new Connection(writer));
  const insert = (id: string, attributes = '{}') =>
    commits.write('writing a source', (connection) =>
      connection.run("INSERT INTO config (kind, id, attributes) VALUES ('source', ?, ?)", id, attributes),
    );
  const ids = () =>
    reader
      .prepare('SELECT id FROM config ORDER BY id')
      .all()
      .map(({ id }) => id);
  return { file, writer, commits, insert, ids };
}

/** The results, with the message in the place of an error. */
async function resultsOf(writes: readonly Promise<unknown>[]): Promise<unknown[]> {
  const settled = await Promise.allSettled(writes);
  return settled.map((result) => (result.status === 'fulfilled' ? result.value : result.reason.message));
}

const LARGE = JSON.stringify({ text: 'x'.repeat(100_000) });

describe('group commit', () => {
  it('commits all writes of one turn of the event loop in one transaction', async () => {
    const { commits, insert, ids } = make();

    await Promise.all(Array.from({ length: 40 }, (_, index) => insert(String(index))));

    expect(ids()).toHaveLength(40);
    expect(commits.commits).toBe(1);
  });

  it('shows no row to readers, and resolves no write, before the commit', async () => {
    const { insert, ids, writer } = make();
    const seen: unknown[] = [];

    const write = insert('main').then(() => seen.push('acknowledged', writer.isTransaction, ids()));
    seen.push(ids());
    await write;

    expect(seen).toEqual([[], 'acknowledged', false, ['main']]);
  });

  it('lets each write see the ones before it in the same transaction', async () => {
    const { commits } = make();
    const insertOnce = () =>
      commits.write('writing', (connection) => {
        if (connection.first("SELECT id FROM config WHERE id = 'main'") !== undefined) return false;
        connection.run("INSERT INTO config (kind, id, attributes) VALUES ('source', 'main', '{}')");
        return true;
      });

    expect(await Promise.all([insertOnce(), insertOnce(), insertOnce()])).toEqual([true, false, false]);
    expect(commits.commits).toBe(1);
  });

  it('rejects a write that violates a constraint, and commits the others', async () => {
    const { insert, ids } = make();

    const results = await resultsOf([insert('a'), insert('b', '[]'), insert('a'), insert('c')]);

    expect(results).toEqual([
      1,
      'writing a source failed: the row is refused',
      'writing a source failed: the row is refused',
      1,
    ]);
    await expect(insert('a')).rejects.toThrow(RowRefusedError);
    expect(ids()).toEqual(['a', 'c']);
  });

  it('rejects a write whose operation fails, and commits the others', async () => {
    const { commits, insert, ids } = make();
    const failing = commits.write('failing', () => {
      throw new Error('a bug');
    });

    expect(await resultsOf([insert('a'), failing, insert('b')])).toEqual([1, 'a bug', 1]);
    expect(ids()).toEqual(['a', 'b']);
  });

  it('does several operations or none of them, and commits the other writes', async () => {
    const { commits, insert, ids } = make();
    const insertInto = (id: string, attributes: string) => (connection: Connection) =>
      void connection.run(
        "INSERT INTO config (kind, id, attributes) VALUES ('source', ?, ?)",
        id,
        attributes,
      );

    const results = await resultsOf([
      insert('a'),
      commits.writeAll('writing two sources', [insertInto('b', '{}'), insertInto('c', '[]')]),
      commits.writeAll('writing two sources', [insertInto('d', '{}'), insertInto('e', '{}')]),
    ]);

    expect(results).toEqual([1, 'writing two sources failed: the row is refused', undefined]);
    expect(ids()).toEqual(['a', 'd', 'e']);
    expect(commits.commits).toBe(1);
  });

  it('rejects and undoes every write of a transaction when the disk is full, and works again afterwards', async () => {
    const { insert, ids, writer } = make();
    await insert('before');
    const pages = Number(writer.prepare('PRAGMA page_count').get()?.page_count);
    writer.exec(`PRAGMA max_page_count = ${pages}`);

    const results = await resultsOf([insert('small'), insert('large', LARGE), insert('another')]);

    const failure =
      'writing a source failed: the disk is full. Free some space; the relay then continues by itself';
    expect(results).toEqual([failure, failure, failure]);
    expect(ids()).toEqual(['before']);
    writer.exec('PRAGMA max_page_count = 100000');
    expect(await resultsOf([insert('large', LARGE)])).toEqual([1]);
    expect(ids()).toEqual(['before', 'large']);
  });

  it('rejects writes to a read-only database with advice, and works again afterwards', async () => {
    const { insert, ids, writer } = make();
    writer.exec('PRAGMA query_only = ON');

    await expect(insert('a')).rejects.toThrow(StoreError);
    await expect(insert('a')).rejects.toThrow(
      'is read-only. Let the relay write to the file and to its folder',
    );

    writer.exec('PRAGMA query_only = OFF');
    await insert('a');
    expect(ids()).toEqual(['a']);
  });

  it('waits without blocking while another process holds the lock', async () => {
    const { file, insert, ids } = make();
    const other = openDatabaseFile(file, 'operate');
    onTestFinished(() => other.close());
    other.exec("BEGIN IMMEDIATE; INSERT INTO config VALUES ('source', 'other', '{}')");

    const waiting = insert('mine');
    const turns = await new Promise((resolve) => setTimeout(() => resolve('the event loop turns'), 20));
    expect(turns).toBe('the event loop turns');
    expect(ids()).toEqual([]);
    other.exec('COMMIT');
    await waiting;

    expect(ids()).toEqual(['mine', 'other']);
  });

  it('finishes all writes before it is closed, and refuses further ones', async () => {
    const { commits, insert, ids } = make();
    void insert('a');

    await commits.close();

    expect(ids()).toEqual(['a']);
    await expect(insert('b')).rejects.toThrow('the store is closed');
  });
});
