import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { attentionOf } from '../../lib/relay/model/delivery.ts';
import { aliasKeyOf } from '../../lib/relay/model/ids.ts';
import { DatabaseFileError } from '../../lib/sqlite/database-file.ts';
import {
  aDelivery,
  anEndpointId,
  anEvent,
  anOrderKey,
  aPayload,
  aSource,
  eventsOf,
} from '../ports/builders.ts';
import { type TestStore, useSqlite } from './stores.ts';

const sqlite = useSqlite();
const DAY_MS = 24 * 60 * 60_000;

function countsOf({ file }: TestStore): Readonly<Record<string, unknown>> {
  const database = new DatabaseSync(file, { readOnly: true });
  const tables = ['event', 'payload', 'delivery', 'alias'];
  const counts = tables.map((table) => [
    table,
    database.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.count,
  ]);
  database.close();
  return Object.fromEntries(counts);
}

describe('deleteExpired', () => {
  it('deletes rows in small steps once they have expired', async () => {
    const store = sqlite.open();
    const orderKey = anOrderKey();
    for (const event of eventsOf(orderKey, 5)) {
      await store.eventLog.putPayload(event, aPayload());
      await store.eventLog.putEvent(event, store.clock.now());
      await store.eventLog.finishFanOut(event, { changes: [], outcomes: {}, fannedOutAt: store.clock.now() });
    }
    store.clock.advance(29 * DAY_MS);
    expect(await store.deleteExpired(100)).toBe(0);

    store.clock.advance(2 * DAY_MS);

    expect([await store.deleteExpired(4), await store.deleteExpired(4)]).toEqual([4, 4]);
    expect([await store.deleteExpired(4), await store.deleteExpired(4)]).toEqual([2, 0]);
    expect(countsOf(store)).toEqual({ event: 0, payload: 0, delivery: 0, alias: 0 });
    expect(store.telemetry.log).toEqual([]);
  });

  it('keeps pending deliveries, and deletes settled ones that need attention', async () => {
    const store = sqlite.open();
    const pending = aDelivery();
    await store.eventLog.putDeliveryIfAbsent(pending);
    const erp = anEndpointId('erp');
    await store.eventLog.putDeliveryIfAbsent(
      aDelivery({ state: 'dead', owedTo: attentionOf(erp), dueAt: store.clock.now() }),
    );

    store.clock.advance(400 * DAY_MS);

    expect(await store.deleteExpired(100)).toBe(1);
    expect(await store.eventLog.deliveries(pending.orderKey)).toEqual([pending]);
  });

  it('deletes payloads after their own retention, and keeps aliases for another year', async () => {
    const store = sqlite.open({ retentionDays: 30, payloadRetentionDays: 7 });
    const event = anEvent();
    const aliasKey = aliasKeyOf(aSource, 'Magic7-1');
    await store.eventLog.putPayload(event, aPayload());
    await store.eventLog.putEvent(event, store.clock.now());
    await store.eventLog.putAlias({
      aliasKey,
      orderKey: event.orderKey,
      id: 'Magic7-1',
      seenAt: store.clock.now(),
    });

    const countsAfter = async (days: number) => {
      store.clock.advance(days * DAY_MS);
      await store.deleteExpired(100);
      return countsOf(store);
    };
    expect(await countsAfter(8)).toEqual({ event: 1, payload: 0, delivery: 0, alias: 1 });
    expect(await countsAfter(23)).toEqual({ event: 0, payload: 0, delivery: 0, alias: 1 });
    expect(await countsAfter(365)).toEqual({ event: 0, payload: 0, delivery: 0, alias: 0 });
  });

  it('reports an event that expired before its fan-out', async () => {
    const store = sqlite.open();
    const event = anEvent();
    await store.eventLog.putEvent(event, store.clock.now());
    store.clock.advance(31 * DAY_MS);

    expect(await store.deleteExpired(100)).toBe(1);

    expect(store.telemetry.log).toMatchObject([{ level: 'error', fields: { eventId: event.eventId } }]);
  });
});

describe('a backup', () => {
  it('is a file that a relay opens, with the rows of the moment', async () => {
    const store = sqlite.open();
    const event = anEvent();
    await store.eventLog.putEvent(event, store.clock.now());
    const copy = join(sqlite.newFolder(), 'copy.db');

    await store.backup(copy);
    await store.eventLog.putEvent(anEvent({ orderKey: event.orderKey }), store.clock.now());

    const restored = sqlite.open({ file: copy });
    expect(await Array.fromAsync(restored.eventLog.eventsNewestFirst(event.orderKey))).toEqual([event]);
    expect(restored.checkIntegrity()).toEqual([]);
    expect(statSync(copy).mode & 0o777).toBe(0o600);
  });

  it('can be made while the relay writes, and replaces an older one', async () => {
    const store = sqlite.open();
    const copy = join(sqlite.newFolder(), 'copy.db');
    await store.backup(copy);
    await Promise.all(
      eventsOf(anOrderKey(), 200).map((event) => store.eventLog.putPayload(event, aPayload())),
    );

    const backup = store.backup(copy);
    await Promise.all(
      eventsOf(anOrderKey(), 200).map((event) => store.eventLog.putPayload(event, aPayload())),
    );
    await backup;

    expect(readdirSync(dirname(copy))).toEqual(['copy.db']);
    expect(Number(countsOf({ ...store, file: copy }).payload)).toBeGreaterThanOrEqual(200);
  });

  it('leaves nothing behind when it fails', async () => {
    const store = sqlite.open();
    const copy = join(sqlite.newFolder(), 'absent', 'copy.db');

    await expect(store.backup(copy)).rejects.toThrow(DatabaseFileError);

    expect(existsSync(dirname(copy))).toBe(false);
  });

  it('does not replace a file that is in use', async () => {
    const [store, other] = [sqlite.open(), sqlite.open()];

    await expect(store.backup(other.file)).rejects.toThrow('is in use');
  });

  it.each(['some notes', ''])('does not replace a file that is no backup: "%s"', async (content) => {
    const store = sqlite.open();
    const file = join(sqlite.newFolder(), 'notes');
    writeFileSync(file, content);

    await expect(store.backup(file)).rejects.toThrow(/exists, and is no backup of a relay/);

    expect(readFileSync(file, 'utf8')).toBe(content);
  });

  it('does not replace the relay’s write-ahead log', async () => {
    const store = sqlite.open();
    await store.eventLog.putEvent(anEvent(), store.clock.now());

    await expect(store.backup(`${store.file}-wal`)).rejects.toThrow(/is no backup of a relay/);

    await store.checkWritable();
  });

  it('does not replace a folder', async () => {
    await expect(sqlite.open().backup(sqlite.newFolder())).rejects.toThrow(/is no backup of a relay/);
  });

  it('does not replace the relay’s own file', async () => {
    const store = sqlite.open();

    await expect(store.backup(store.file)).rejects.toThrow('is the relay’s own file');
  });
});

describe('a closed store', () => {
  it('has written everything, fails further calls, and can be closed again', async () => {
    const store = sqlite.open();
    const event = anEvent();
    const write = store.eventLog.putEvent(event, store.clock.now());

    await store.close();
    await store.close();

    await write;
    await expect(store.eventLog.putEvent(event, store.clock.now())).rejects.toThrow('the store is closed');
    await expect(store.eventLog.event(event)).rejects.toThrow();
    expect(await sqlite.open({ file: store.file }).eventLog.event(event)).toEqual(event);
  });
});

describe('an erased payload', () => {
  it('is in no part of the file any more after the write-ahead log was copied back', async () => {
    const store = sqlite.open();
    const event = anEvent();
    await store.eventLog.putPayload(event, aPayload('{"Name":"Ada Lovelace"}'));

    await store.eventEraser.erasePayload(event, store.clock.now());
    await store.close();

    expect(readFileSync(store.file).includes('Lovelace')).toBe(false);
    expect(existsSync(`${store.file}-wal`)).toBe(false);
  });
});
