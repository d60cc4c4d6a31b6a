/** Rows that a person edited with a SQLite tool are read as leniently as rows in DynamoDB. */
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { beforeEach, describe, expect, it } from 'vitest';
import { after as later } from '../../lib/relay/model/clock.ts';
import { eventTime, orderKeyOf } from '../../lib/relay/model/ids.ts';
import { StoreError, UnreadableRowError } from '../../lib/relay/ports/event-log.ts';
import { aDelivery, anEndpointId, anEvent, anEventId, aPayload, aSource } from '../ports/builders.ts';
import { type TestStore, useSqlite } from './stores.ts';

const sqlite = useSqlite();
const orderKey = orderKeyOf(aSource, '12345');
const erp = anEndpointId('erp');
let store: TestStore;
beforeEach(() => {
  store = sqlite.open();
});

function execute(sql: string, ...values: SQLInputValue[]): void {
  const database = new DatabaseSync(store.file);
  database.prepare(sql).run(...values);
  database.close();
}

/** Sets one attribute in the JSON of all rows of a table. */
const edit = (table: 'event' | 'delivery', attribute: string, value: unknown) =>
  execute(
    `UPDATE ${table} SET attributes = json_set(attributes, '$.' || ?, json(?))`,
    attribute,
    JSON.stringify(value),
  );

const editOutcomes = (outcomes: unknown) =>
  execute('UPDATE event SET outcomes = ?', JSON.stringify(outcomes));

async function stored(parts = {}) {
  const event = anEvent({ orderKey, eventId: anEventId(), ...parts });
  await store.eventLog.putPayload(event, aPayload());
  await store.eventLog.putEvent(event, later(store.clock.now(), 120_000));
  return event;
}

describe('an event that was edited', () => {
  it.each([
    ['items', 'none', { items: undefined }],
    ['receivedAt', 'yesterday', { receivedAt: 'the time in the id' }],
    ['niceId', 17, { niceId: undefined }],
    ['outcomes', ['delivered'], { outcomes: undefined }],
    ['source', null, { source: 'main' }],
  ])('is read without an %s that is wrong', async (attribute, value, expected) => {
    const event = await stored({ niceId: 'Magic7-501', items: [] });
    edit('event', attribute, value);

    const read = await store.eventLog.event(event);

    const wanted = 'receivedAt' in expected ? { receivedAt: eventTime(event.eventId) } : expected;
    expect({ ...event, ...wanted }).toMatchObject({ ...read });
  });

  it('counts as fanned out when the attribute is there', async () => {
    const event = await stored();
    edit('event', 'fannedOutAt', 'done');

    expect((await store.eventLog.event(event))?.fannedOutAt).toBeInstanceOf(Date);
  });

  it.each([
    ['no list of outcomes', undefined],
    ['an outcome that is a text', { erp: 'delivered 200 in 5 ms', shop: { state: 'pending' } }],
    ['an outcome with an unknown state', { erp: { state: 'lost' }, shop: { state: 'pending' } }],
  ])('gets an outcome in the place of %s', async (_, outcomes) => {
    const event = await stored();
    edit('event', 'fannedOutAt', store.clock.now());
    if (outcomes !== undefined) editOutcomes(outcomes);

    expect(await store.eventLog.recordOutcome(event, erp, { state: 'dead' }, undefined)).toBe(true);

    const others = typeof outcomes === 'object' ? { shop: { state: 'pending' } } : {};
    expect((await store.eventLog.event(event))?.outcomes).toEqual({ erp: { state: 'dead' }, ...others });
  });

  it.each([[null], [['delivered']], ['delivered'], [200]])(
    'is still changed when its outcomes are %j',
    async (value) => {
      const event = await stored();
      edit('event', 'abandonedAt', store.clock.now());
      edit('event', 'outcomes', value);

      expect(await store.eventEraser.noteForgotten(event, store.clock.now())).toBe(true);
      const read = await store.eventLog.event(event);
      expect(read).toMatchObject({ eventId: event.eventId, forgottenAt: store.clock.now() });
      expect(read).not.toHaveProperty('outcomes');

      edit('event', 'outcomes', value);
      expect(await store.eventWriter.retryFanOut(event, store.clock.now())).toBe(true);
      const outcomes = { [erp]: { state: 'dead' } } as const;
      const result = { outcomes, changes: [], fannedOutAt: store.clock.now() } as const;
      expect(await store.eventLog.finishFanOut(event, result)).toBe(true);
      expect((await store.eventLog.event(event))?.outcomes).toEqual(outcomes);
    },
  );

  it('keeps the outcomes that a person wrote into its attributes, and those of the column before them', async () => {
    const event = await stored();
    edit('event', 'outcomes', { erp: { state: 'dead' } });

    await store.eventEraser.noteForgotten(event, store.clock.now());
    expect((await store.eventLog.event(event))?.outcomes).toEqual({ erp: { state: 'dead' } });

    edit('event', 'outcomes', { erp: { state: 'pending' } });
    await store.eventEraser.noteForgotten(event, store.clock.now());
    expect((await store.eventLog.event(event))?.outcomes).toEqual({ erp: { state: 'dead' } });
    editOutcomes({});
    expect((await store.eventLog.event(event))?.outcomes).toEqual({});
  });

  it.each([
    ['an unknown reason', { state: 'pending', reason: 'typed by hand' }],
    ['a status that is a text', { state: 'pending', status: '503' }],
    ['a flag that is false', { state: 'pending', late: false }],
    ['an unknown field', { state: 'pending', note: 'typed by hand' }],
  ])('gets an outcome in the place of one with %s', async (_, edited) => {
    const event = await stored();
    edit('event', 'fannedOutAt', store.clock.now());
    editOutcomes({ erp: edited });
    const previous = (await store.eventLog.event(event))?.outcomes?.[erp];
    expect(previous).toEqual({ state: 'pending' });

    expect(await store.eventLog.recordOutcome(event, erp, { state: 'dead' }, previous)).toBe(true);
    expect((await store.eventLog.event(event))?.outcomes).toEqual({ erp: { state: 'dead' } });
  });

  it.each(['attributes', 'outcomes'])('cannot get %s that are no JSON object', async (column) => {
    await stored();

    expect(() => execute(`UPDATE event SET ${column} = '{'`)).toThrow(
      /malformed JSON|CHECK constraint failed/,
    );
    expect(() => execute(`UPDATE event SET ${column} = '[]'`)).toThrow('CHECK constraint failed');
    expect(() => execute(`UPDATE event SET ${column} = '"delivered"'`)).toThrow('CHECK constraint failed');
  });

  it('is named when a person switched the checks off and damaged its outcomes, and its outline is still read', async () => {
    const event = await stored();
    const database = new DatabaseSync(store.file);
    database.exec("PRAGMA ignore_check_constraints = ON; UPDATE event SET outcomes = '{secret'");
    database.close();

    const expected = `row event#${event.eventId} of main/12345: outcomes must be a JSON object`;
    const reading = store.eventLog.event(event);
    await expect(reading).rejects.toThrow(UnreadableRowError);
    await expect(reading).rejects.toThrow(expected);
    const outlines = await Array.fromAsync(store.eventLog.eventsNewestFirst(orderKey, { outline: true }));
    expect(outlines).toMatchObject([{ eventId: event.eventId }]);
  });

  it('cannot get outcomes whose JSON only SQLite understands', async () => {
    await stored();

    expect(() => execute("UPDATE event SET outcomes = '{erp:{}}'")).toThrow('CHECK constraint failed');
  });
});

describe('a delivery that was edited', () => {
  it('is read without attempts that are wrong; without a state it is passed over, and named', async () => {
    const delivery = aDelivery({ orderKey });
    await store.eventLog.putDeliveryIfAbsent(delivery);
    edit('delivery', 'attempts', [{ at: 'once' }]);
    edit('delivery', 'leaseUntil', 'soon');
    expect(await store.eventLog.deliveries(orderKey)).toEqual([delivery]);
    expect(await store.eventReader.deliveriesOf([delivery])).toEqual([delivery]);

    edit('delivery', 'state', 'secret');

    expect(await store.eventLog.deliveries(orderKey)).toEqual([]);
    expect(await store.eventReader.deliveriesOf([delivery])).toEqual([]);
    expect(store.telemetry.log.map(({ level }) => level)).toEqual(['error', 'warn']);
    const said = JSON.stringify(
      store.telemetry.log.map((entry) => ({ ...entry, error: String(entry.error) })),
    );
    expect(said).toContain(
      `row delivery#${delivery.eventId}#erp of main/12345: attribute state must be one of`,
    );
    expect(said).not.toContain('secret');
  });

  it.each(['pending', 'cancelled'] as const)(
    'is changed though a lease id was left in its row, which is %s',
    async (state) => {
      const delivery = aDelivery({ orderKey });
      await store.eventLog.putDeliveryIfAbsent(delivery);
      edit('delivery', 'state', state);
      edit('delivery', 'leaseId', 'x');

      const only = { state, leaseId: undefined };
      expect(await store.eventLog.updateDelivery(delivery, only, { reason: 'retry' })).toBe(true);
    },
  );

  it('is changed though its lease id is no text', async () => {
    const delivery = aDelivery({ orderKey, state: 'leased', leaseId: 'x' });
    await store.eventLog.putDeliveryIfAbsent(delivery);
    edit('delivery', 'leaseId', 5);

    expect(await store.eventLog.deliveries(orderKey)).toMatchObject([{ state: 'leased', leaseId: '' }]);
    const only = { state: 'leased', leaseId: '' } as const;
    expect(await store.eventLog.updateDelivery(delivery, only, { reason: 'retry' })).toBe(true);
  });
});

describe('rows with keys that a person made up', () => {
  it('are passed over, with a warning', async () => {
    const event = await stored();
    execute("INSERT INTO event (orderKey, eventId, attributes) VALUES (?, 'zzz', '{}')", orderKey);
    const insert =
      "INSERT INTO delivery (orderKey, eventId, endpointId, attributes) VALUES (?, 'zzz', 'erp', '{}')";
    execute(insert, orderKey);

    expect(await Array.fromAsync(store.eventLog.eventsNewestFirst(orderKey))).toEqual([event]);
    expect(await store.eventLog.deliveries(orderKey)).toEqual([]);
    expect(await store.eventLog.newestEventId(orderKey)).toBe(event.eventId);
    expect(store.telemetry.log.map(({ level, fields }) => [level, fields.row])).toEqual([
      ['warn', 'event#zzz'],
      ['warn', 'delivery#zzz#erp'],
    ]);
  });

  it('are erased with an order', async () => {
    const event = await stored();
    execute("INSERT INTO payload (orderKey, eventId, body) VALUES (?, 'zzz', 'Ada')", orderKey);

    const keys = await store.eventEraser.payloadKeys(orderKey);
    for (const key of keys) await store.eventEraser.erasePayload(key, store.clock.now());

    expect(keys.map(({ eventId }) => eventId)).toEqual([event.eventId, 'zzz']);
    expect(await store.eventEraser.payloadKeys(orderKey)).toEqual([]);
  });
});

describe('owed rows that were edited', () => {
  it('are passed over, with a warning, where sweep cannot process them', async () => {
    const delivery = aDelivery({ orderKey });
    await store.eventLog.putDeliveryIfAbsent(delivery);
    const insert = `INSERT INTO delivery (orderKey, eventId, endpointId, attributes, owedTo, dueAt)
                    VALUES (?, ?, 'erp', '{}', 'erp', ?)`;
    execute(insert, orderKey, 'note', '2026-03-01T11:00:00.000Z');
    execute(insert, orderKey, anEventId(), '1 March');

    const owed = await store.eventLog.owed('erp', later(store.clock.now(), 60_000), 1);

    expect(owed).toMatchObject([{ eventId: delivery.eventId }]);
    expect(store.telemetry.log.map(({ fields }) => fields.attribute)).toEqual(['dueAt', 'key']);
  });

  it('are postponed though their time was typed without fractions of a second', async () => {
    await store.eventLog.putDeliveryIfAbsent(aDelivery({ orderKey }));
    execute("UPDATE delivery SET dueAt = '2026-03-01T11:00:00Z'");
    const [item] = await store.eventLog.owed('erp', store.clock.now(), 1);

    expect(item && (await store.eventLog.postpone(item, store.clock.now()))).toBe(true);
  });
});

describe('a payload that was edited', () => {
  it('is read from the text or the bytes that a person wrote', async () => {
    const event = await stored();
    execute('UPDATE payload SET body = \'{"Name":"Zoë"}\'');
    expect(await store.eventLog.payload(event)).toEqual(aPayload('{"Name":"Zoë"}'));

    execute("UPDATE payload SET body = x'ff00'");
    expect(await store.eventLog.payload(event)).toEqual(aPayload(new Uint8Array([0xff, 0])));
  });

  it('is named in the error when it has no body', async () => {
    const event = await stored();
    execute('UPDATE payload SET body = 17');

    await expect(store.eventLog.payload(event)).rejects.toThrow(StoreError);
    await expect(store.eventLog.payload(event)).rejects.toThrow(`row payload#${event.eventId} of main/12345`);
  });

  it('is stored as a text when it is UTF-8', async () => {
    const event = anEvent({ orderKey });
    const body = '\ufeff{"Name":"Zoë\u0000"}';
    await store.eventLog.putPayload(event, aPayload(body));

    const database = new DatabaseSync(store.file, { readOnly: true });
    expect(database.prepare('SELECT typeof(body) AS type, body FROM payload').get()).toEqual({
      type: 'text',
      body,
    });
    database.close();
    expect(await store.eventLog.payload(event)).toEqual(aPayload(body));
  });
});
