import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, vi } from 'vitest';
import { aliasKeyOf } from '../../lib/relay/model/ids.ts';
import { SEVERAL_ENDPOINTS } from '../../lib/relay/ports/operator.ts';
import { aDelivery, anEndpointId, anEvent, aPayload, aSource } from '../ports/builders.ts';
import { type TestStore, useSqlite } from './stores.ts';

const sqlite = useSqlite();
const erp = anEndpointId('erp');

/** The steps of SQLite's plans for all statements that read or change rows. */
function plansOf(file: string, statements: ReadonlySet<string>): Map<string, string[]> {
  const database = new DatabaseSync(file);
  const entries = [...statements]
    .filter((sql) => /^\s*(SELECT|INSERT|UPDATE|DELETE)/.test(sql) && !sql.includes('sqlite_schema'))
    .map((sql): [string, string[]] => {
      const steps = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all();
      return [sql, steps.map(({ detail }) => String(detail))];
    });
  database.close();
  return new Map(entries);
}

/** Calls every method that executes a statement. */
async function useEverything(store: TestStore): Promise<void> {
  const { eventLog, eventReader, eventWriter, eventEraser, configTable, configWriter, messages, clock } =
    store;
  const now = clock.now();
  const event = anEvent();
  const delivery = aDelivery({ orderKey: event.orderKey });
  const alias = {
    aliasKey: aliasKeyOf(aSource, 'Magic7-1'),
    orderKey: event.orderKey,
    id: 'Magic7-1',
    seenAt: now,
  };
  await eventLog.putPayload(event, aPayload());
  await eventLog.putPayload(anEvent(), aPayload(new Uint8Array([0xff])));
  await eventLog.putEvent(event, now);
  await eventLog.putDeliveryIfAbsent(delivery);
  await eventLog.putAlias(alias);
  await eventLog.newestEventId(event.orderKey);
  await Array.fromAsync(eventLog.eventsNewestFirst(event.orderKey));
  await eventLog.payload(event);
  await eventLog.deliveries(event.orderKey);
  await eventLog.deliveries(event.orderKey, erp);
  await eventLog.updateDelivery(delivery, { state: 'pending', leaseId: undefined }, { reason: 'retry' });
  await eventLog.finishFanOut(event, { changes: [], outcomes: {}, fannedOutAt: now });
  await eventLog.owed('erp', now, 10);
  await eventLog.newestWebhook(now);
  const range = { since: new Date(0), pageSize: 10 };
  const keys = [true, false].flatMap((oldestFirst) => [
    eventReader.eventKeys({ ...range, oldestFirst }),
    eventReader.deliveryKeys(erp, { ...range, oldestFirst }),
    eventReader.cancelledEventKeys([erp, SEVERAL_ENDPOINTS], { ...range, oldestFirst }),
  ]);
  for (const list of keys) await Array.fromAsync<unknown>(list);
  for (const backwards of [true, false])
    await Array.fromAsync(eventReader.owed(['erp'], { dueSince: new Date(0), backwards, pageSize: 10 }));
  await eventReader.orderOfEvent(event.eventId);
  await eventReader.aliasesOf(alias.aliasKey);
  await eventReader.deliveriesOf([delivery]);
  await eventWriter.retryFanOut(event, now);
  await eventEraser.payloadKeys(event.orderKey);
  await eventEraser.erasePayload(event, now);
  await configWriter.add('endpoint', 'erp', { url: 'https://erp.example' });
  await configWriter.change('endpoint', 'erp', { state: 'paused' });
  await configWriter.remove('endpoint', 'erp');
  await configTable.rows('endpoint');
  await messages.eventQueue.send(event);
  messages.haveArrived();
  await messages.take(10);
  await store.deleteExpired(10);
}

describe('the statements of the store', () => {
  it('find rows by an index, and read them in the order of the index', async () => {
    const prepare = vi.spyOn(DatabaseSync.prototype, 'prepare');
    const store = sqlite.open();
    await useEverything(store);
    const statements = new Set(prepare.mock.calls.map(([sql]) => sql));

    const plans = plansOf(store.file, statements);

    expect(plans.size).toBeGreaterThan(30);
    // Only a `message` is taken from the start of its table. The last term of a list's order is unique in all but name.
    const slow = [...plans].filter(([, steps]) =>
      steps.some((step) => /SCAN (?!message$)|TEMP B-TREE(?! FOR LAST TERM)/.test(step)),
    );
    expect(slow).toEqual([]);
    // An endpoint has thousands of times as many rows as an order.
    const beyondOrder = [...plans].filter(
      ([sql, steps]) => /\borderKey = \?/.test(sql) && !steps.every((step) => step.includes('orderKey=?')),
    );
    expect(beyondOrder).toEqual([]);
  });
});
