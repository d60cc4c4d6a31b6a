import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { DynamoTable } from '../../../lib/aws/dynamodb/dynamo-table.ts';
import { DynamoEventReader } from '../../../lib/aws/dynamodb/event-log-reader.ts';
import { after as later } from '../../../lib/relay/model/clock.ts';
import type { EventRecord } from '../../../lib/relay/model/event.ts';
import { MemoryClock } from '../../memory/clock.ts';
import { aDelivery, anEvent, anEventId } from '../../ports/builders.ts';
import { orderKey, useEventLogTable } from './event-log-table.ts';

const log = useEventLogTable();
const DAY_MS = 86_400_000;
const LONG_AGO = new Date(0);

const reader = () => new DynamoEventReader({ ...log.tableOptions(), telemetry: log.telemetry });

/** An event that came so long ago, and is stored. */
async function stored(agoMs: number): Promise<EventRecord> {
  const receivedAt = later(log.clock.now(), -agoMs);
  const event = anEvent({ eventId: anEventId(new MemoryClock(receivedAt)), receivedAt });
  await log.eventLog.putEvent(event, receivedAt);
  return event;
}

/**
 * Answers queries for other days than today with nothing: ten years have more partitions than the engine answers in
 * seconds.
 * @returns all days that are queried from now on
 */
function onlyTodayIsQueried(): ReadonlySet<string> {
  const today = log.clock.now().toISOString().slice(0, 10);
  const days = new Set<string>();
  const { pages } = DynamoTable.prototype;
  const answered = vi.spyOn(DynamoTable.prototype, 'pages').mockImplementation(async function* (
    this: DynamoTable,
    ...args
  ) {
    const [, { ExpressionAttributeValues }] = args;
    const [, day = ''] = String(ExpressionAttributeValues?.[':day']).split('#');
    days.add(day);
    if (day === today) yield* pages.apply(this, args);
  });
  onTestFinished(() => answered.mockRestore());
  return days;
}

const idsOf = (records: readonly EventRecord[]) => records.map(({ eventId }) => eventId);

describe('events read from the oldest', () => {
  it('come in their order, over days and shards, in batches', async () => {
    const agesMs = Array.from({ length: 130 }, (_, index) => 3 * DAY_MS - index * (DAY_MS / 60));
    const events: EventRecord[] = [];
    for (const ageMs of agesMs) events.push(await stored(ageMs));
    const since = later(log.clock.now(), -2 * DAY_MS);

    const batches = await Array.fromAsync(reader().oldestFirst(since));

    expect(batches.length).toBe(1);
    expect(batches.flatMap(idsOf)).toEqual(idsOf(events.filter(({ receivedAt }) => receivedAt >= since)));
    const all = await Array.fromAsync(reader().oldestFirst(later(log.clock.now(), -30 * DAY_MS)));
    expect(all.map(({ length }) => length)).toEqual([100, 30]);
  });

  it('are none when there is none', async () => {
    expect(await Array.fromAsync(reader().oldestFirst(later(log.clock.now(), -DAY_MS)))).toEqual([]);
  });

  it('are looked for no further back than any can be', async () => {
    const event = await stored(0);
    const days = onlyTodayIsQueried();

    expect((await Array.fromAsync(reader().oldestFirst(LONG_AGO))).flatMap(idsOf)).toEqual([event.eventId]);

    const oldest = later(log.clock.now(), -3_650 * DAY_MS);
    expect([...days].sort().at(0)).toBe(oldest.toISOString().slice(0, 10));
    expect(days.size).toBe(3_651);
  });
});

describe('a list of owed work', () => {
  it('is read from the one due first, or from the one due last', async () => {
    const dues = [3, 1, 2].map((minutes) => later(log.clock.now(), minutes * 60_000));
    for (const dueAt of dues) await log.eventLog.putDeliveryIfAbsent(aDelivery({ dueAt }));
    const read = async (query: { dueSince: Date; backwards?: boolean }) =>
      (await Array.fromAsync(reader().owed(['erp'], { ...query, pageSize: 2 }))).map(({ dueAt }) => dueAt);
    const inOrder = dues.toSorted((one, other) => one.getTime() - other.getTime());

    expect(await read({ dueSince: LONG_AGO })).toEqual(inOrder);
    expect(await read({ dueSince: LONG_AGO, backwards: true })).toEqual(inOrder.toReversed());
    expect(await read({ dueSince: later(log.clock.now(), 120_000) })).toEqual(inOrder.slice(1));
  });

  it('is read though somebody has put there what nobody can follow', async () => {
    await log.put({ orderKey: 'odd', sk: 'row', owedTo: 'erp', dueAt: '2026-03-01T12:00:00.000Z' });

    expect(await Array.fromAsync(reader().owed(['erp'], { dueSince: LONG_AGO, pageSize: 10 }))).toEqual([]);
    expect(log.telemetry.log).toMatchObject([{ level: 'warn' }]);
  });
});

describe('rows read by their keys', () => {
  it('come in the order of the keys, without those that are not there, however often one is named', async () => {
    const [one, other] = [await stored(0), await stored(1_000)];

    expect(idsOf(await reader().eventsOf([other, anEvent(), one, other]))).toEqual(
      idsOf([other, one, other]),
    );
    expect(await reader().eventsOf([])).toEqual([]);
  });

  it('are read though one of them is spoilt', async () => {
    const [good, bad] = [aDelivery({ orderKey }), aDelivery({ orderKey })];
    for (const delivery of [good, bad]) await log.eventLog.putDeliveryIfAbsent(delivery);
    await log.edit(`delivery#${bad.eventId}#erp`, 'state', 'odd');

    expect(await reader().deliveriesOf([bad, good])).toEqual([good]);
    expect(log.telemetry.log).toMatchObject([
      { level: 'warn', message: expect.stringContaining('attribute state') },
    ]);
  });
});
