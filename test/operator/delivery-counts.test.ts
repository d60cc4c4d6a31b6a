import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { countDeliveries, sumOf } from '../../lib/operator/deliveries/delivery-counts.ts';
import { attentionOf } from '../../lib/relay/model/delivery.ts';
import { MemoryClock } from '../memory/clock.ts';
import { MemoryEventLog } from '../memory/event-log.ts';
import { MemoryEventReader } from '../memory/event-reader.ts';
import { aDelivery, anEndpointId, anEvent, anEventId } from '../ports/builders.ts';
import { jsonOf } from './cli.ts';
import { storedEvents } from './stored-events.ts';
import { useTablesOnlyRelay } from './tables-only-relay.ts';

const [ERP, CRM] = [anEndpointId('erp'), anEndpointId('crm')];

async function anEventLogWith(make: (eventLog: MemoryEventLog) => Promise<unknown>, times: number) {
  const eventLog = new MemoryEventLog(new MemoryClock());
  for (let count = 0; count < times; count++) await make(eventLog);
  return { eventReader: new MemoryEventReader(eventLog) };
}

const ended = { owedTo: attentionOf(ERP), state: 'dead', settledAt: new MemoryClock().now() } as const;

async function cancel(eventLog: MemoryEventLog, ...endpoints: (typeof ERP)[]) {
  const event = anEvent({ eventId: anEventId() });
  const now = new MemoryClock().now();
  await eventLog.putEvent(event, now);
  const outcome = { state: 'cancelled', reason: 'endpoint-disabled' } as const;
  const outcomes = Object.fromEntries(endpoints.map((id) => [id, outcome]));
  await eventLog.finishFanOut(event, { changes: [], outcomes, fannedOutAt: now, cancelledFor: endpoints });
}

const exactly = (count: number) => ({ count, isMore: false });
const atLeast = (count: number) => ({ count, isMore: true });

describe('the counts of deliveries', () => {
  it.each([
    [1_000, exactly(1_000)],
    [1_001, atLeast(1_000)],
  ])('stop at 1,000: of %i pending', async (count, pending) => {
    const connection = await anEventLogWith((log) => log.putDeliveryIfAbsent(aDelivery()), count);

    expect((await countDeliveries(connection, [ERP])).get(ERP)).toEqual({
      pending,
      dead: exactly(0),
      cancelled: exactly(0),
    });
  });

  it.each([
    [1_000, exactly(1_000), exactly(0)],
    [1_001, atLeast(1_000), atLeast(0)],
  ])('stop at 1,000: of %i dead', async (count, dead, cancelled) => {
    const connection = await anEventLogWith((log) => log.putDeliveryIfAbsent(aDelivery(ended)), count);

    expect((await countDeliveries(connection, [ERP])).get(ERP)).toEqual({
      pending: exactly(0),
      dead,
      cancelled,
    });
  });

  it.each([
    [1_000, exactly(1_000)],
    [1_001, atLeast(1_000)],
  ])('stop at 1,000: of %i events cancelled in fan-out', async (count, cancelled) => {
    const connection = await anEventLogWith((log) => cancel(log, ERP), count);

    const counts = await countDeliveries(connection, [ERP, CRM]);

    expect(counts.get(ERP)?.cancelled).toEqual(cancelled);
    expect(counts.get(CRM)?.cancelled).toEqual(exactly(0));
  });

  it('are of each endpoint alone when an event was cancelled for several, and add up', async () => {
    const connection = await anEventLogWith(async (log) => {
      await cancel(log, ERP, CRM);
      await cancel(log, CRM);
    }, 2);

    const counts = await countDeliveries(connection, [ERP, CRM]);

    expect(counts.get(ERP)?.cancelled).toEqual(exactly(2));
    expect(counts.get(CRM)?.cancelled).toEqual(exactly(4));
    expect(sumOf(counts.values()).cancelled).toEqual(exactly(6));
  });
});

const relay = useTablesOnlyRelay();
const { aSource, stored, fannedOut, owed } = storedEvents(relay);
const endpoints = (...args: string[]) => relay().cli(['endpoints', ...args]);

describe('endpoints list and show', () => {
  it('counts the deliveries that wait, and those that need attention', async () => {
    const id = anEndpointId(randomUUID());
    await relay().put('endpoint', id, { url: 'https://erp.example/' });
    const source = await aSource();
    const received = () => stored({ source, receivedAt: new Date(Date.now() - 60_000) });
    for (let count = 0; count < 2; count++) await owed(await received(), { endpointId: id });
    const over = { endpointId: id, owedTo: attentionOf(id), settledAt: new Date() };
    await owed(await received(), { ...over, state: 'dead' });
    await owed(await received(), { ...over, state: 'cancelled' });
    const cancelled = await received();
    await fannedOut(cancelled, { [id]: { state: 'cancelled', reason: 'endpoint-disabled' } });

    expect((await endpoints('list')).out).toMatch(new RegExp(`^${id} +enabled +new +2 +1 +2 +–`, 'm'));
    expect((await endpoints('show', id)).out).toContain('2 are waiting, 1 is dead, 2 are cancelled\n');
    expect(jsonOf(await endpoints('show', id, '--json'))).toMatchObject({
      deliveries: {
        pending: { count: 2, isMore: false },
        dead: { count: 1, isMore: false },
        cancelled: { count: 2, isMore: false },
      },
    });
  });
});
