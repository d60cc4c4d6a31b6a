import { describe, expect, it, vi } from 'vitest';
import { settle, writeOutcome } from '../../../lib/relay/delivery/settle.ts';
import { after } from '../../../lib/relay/model/clock.ts';
import { attentionOf, type Delivery, DUE_FIRST } from '../../../lib/relay/model/delivery.ts';
import type { SettledState } from '../../../lib/relay/model/delivery-state.ts';
import type { EventRecord, Outcomes } from '../../../lib/relay/model/event.ts';
import type { OrderKey } from '../../../lib/relay/model/ids.ts';
import { MemoryEventLog } from '../../memory/event-log.ts';
import { MemoryTelemetry } from '../../memory/telemetry.ts';
import { anEndpointId, anEvent, aPayload, aPendingDelivery, aSettledDelivery } from '../../ports/builders.ts';
import { StandingClock } from '../standing-clock.ts';

const ERP = anEndpointId('erp');
const MINUTE_MS = 60_000;

/** A fanned-out event with a pending delivery, unless the parts say otherwise. */
async function setUp({
  outcomes,
  orderKey,
}: {
  outcomes?: Outcomes | 'not fanned out';
  orderKey?: OrderKey;
} = {}) {
  const clock = new StandingClock();
  const eventLog = new MemoryEventLog(clock);
  const context = { clock, eventLog, telemetry: new MemoryTelemetry() };
  const event: EventRecord = anEvent({ receivedAt: clock.now(), ...(orderKey && { orderKey }) });
  await eventLog.putPayload(event, aPayload());
  await eventLog.putEvent(event, clock.now());
  if (outcomes !== 'not fanned out')
    await eventLog.finishFanOut(event, {
      changes: [],
      outcomes: outcomes ?? { [ERP]: { state: 'pending' } },
      fannedOutAt: clock.now(),
    });
  const key = { orderKey: event.orderKey, eventId: event.eventId, endpointId: ERP };
  return {
    ...context,
    context,
    event,
    key,
    rows: () => eventLog.deliveries(event.orderKey),
    outcome: async () => (await eventLog.event(event))?.outcomes?.[ERP],
    async put<Row extends Delivery>(row: Row): Promise<Row> {
      await eventLog.putDeliveryIfAbsent(row);
      return row;
    },
    settled: (state: SettledState) => aSettledDelivery(state, { ...key, reason: 'filter-refused' }),
  };
}

describe('settle', () => {
  it('ends a delivery and writes its outcome', async () => {
    const { context, key, put, rows, outcome } = await setUp();
    const row = await put(aPendingDelivery(key));

    expect(await settle(context, row, 'superseded', 'newer-event')).toBe(true);

    expect(await outcome()).toEqual({ state: 'superseded', reason: 'newer-event' });
    expect(await rows()).toMatchObject([{ state: 'superseded', settledAt: context.clock.now() }]);
    expect((await rows())[0]).not.toHaveProperty('owedTo');
  });

  it('writes nothing when the row has changed since it was read', async () => {
    const { context, eventLog, key, put, rows, outcome } = await setUp();
    const row = await put(aPendingDelivery(key));
    await eventLog.updateDelivery(
      row,
      { state: 'pending', leaseId: undefined },
      { state: 'leased', leaseId: 'x' },
    );

    expect(await settle(context, row, 'superseded', 'newer-event')).toBe(false);

    expect(await rows()).toMatchObject([{ state: 'leased' }]);
    expect(await outcome()).toEqual({ state: 'pending' });
  });
});

describe('the outcome of a settled delivery', () => {
  it.each<[SettledState, OrderKey | undefined, string | undefined, number]>([
    ['delivered', undefined, undefined, 0],
    ['cancelled', undefined, attentionOf(ERP), 0],
    ['dead', undefined, attentionOf(ERP), 1],
    ['dead', 'tests/1' as OrderKey, undefined, 0],
  ])('of %s in the order %s moves its row to %s and counts %i dead', async (state, orderKey, list, dead) => {
    const { context, telemetry, put, rows, settled } = await setUp(orderKey && { orderKey });
    const row = await put(settled(state));

    await writeOutcome(context, row);

    expect((await rows())[0]?.owedTo).toBe(list);
    expect(telemetry.counts.get('DeliveriesDead') ?? 0).toBe(dead);
  });

  it.each<[SettledState, Date]>([
    ['delivered', after(new StandingClock().now(), 60_000)],
    ['dead', DUE_FIRST],
    ['cancelled', DUE_FIRST],
  ])('of %s waits for an event that is not fanned out, and is due at %s', async (state, dueAt) => {
    const { context, put, rows, outcome, settled } = await setUp({ outcomes: 'not fanned out' });
    const row = await put(settled(state));

    await writeOutcome(context, row);

    expect(await outcome()).toBeUndefined();
    expect(await rows()).toEqual([{ ...row, dueAt }]);
  });

  it.each([
    ['in an hour, is due a minute later', 60 * MINUTE_MS, 61 * MINUTE_MS],
    ['a minute ago, is due in a minute', -MINUTE_MS, MINUTE_MS],
    ['next year, is due in a minute', 365 * 24 * 60 * MINUTE_MS, MINUTE_MS],
  ])('of an event whose quarantine ends %s', async (_, quarantineMs, dueMs) => {
    const { context, eventLog, event, put, rows, settled } = await setUp({ outcomes: 'not fanned out' });
    const until = (ms: number) => new Date(context.clock.now().getTime() + ms);
    await eventLog.recordFanOutAttempt(event, { fanOutAttempts: 5, quarantinedUntil: until(quarantineMs) });
    const row = await put(settled('delivered'));

    await writeOutcome(context, row);

    expect(await rows()).toEqual([{ ...row, dueAt: until(dueMs) }]);
  });

  it('is not needed once fan-out has given the event up', async () => {
    const { context, eventLog, event, put, rows, settled } = await setUp({ outcomes: 'not fanned out' });
    await eventLog.recordFanOutAttempt(event, { fanOutAttempts: 1, abandonedAt: context.clock.now() });
    const row = await put(settled('skipped'));

    await writeOutcome(context, row);

    expect((await rows())[0]).not.toHaveProperty('owedTo');
  });

  it('is written to an event whose outcomes a person has removed', async () => {
    const { context, eventLog, put, settled } = await setUp();
    const read = eventLog.event.bind(eventLog);
    vi.spyOn(eventLog, 'event').mockImplementationOnce(async (key) => {
      const { outcomes: _, ...event } = { ...(await read(key)) } as EventRecord;
      return event;
    });
    const record = vi.spyOn(eventLog, 'recordOutcome').mockResolvedValueOnce(true);

    await writeOutcome(context, await put(settled('skipped')));

    expect(record.mock.calls[0]?.slice(2)).toEqual([
      { state: 'skipped', reason: 'filter-refused' },
      undefined,
    ]);
  });

  it('replaces the one that was read before the attempt, without another read', async () => {
    const { context, eventLog, event, put, rows, settled, outcome } = await setUp();
    const known = await eventLog.event(event);
    const read = vi.spyOn(eventLog, 'event');

    await writeOutcome(context, await put(settled('skipped')), known);

    expect(read).not.toHaveBeenCalled();
    expect(await outcome()).toEqual({ state: 'skipped', reason: 'filter-refused' });
    expect((await rows())[0]).not.toHaveProperty('owedTo');
  });

  it('replaces one that another function wrote since then', async () => {
    const { context, eventLog, event, put, settled, outcome } = await setUp();
    const known = await eventLog.event(event);
    await eventLog.recordOutcome(event, ERP, { state: 'dead' }, { state: 'pending' });

    await writeOutcome(context, await put(settled('skipped')), known);

    expect(await outcome()).toEqual({ state: 'skipped', reason: 'filter-refused' });
  });

  it('is written although the event was not fanned out yet before the attempt', async () => {
    const { context, eventLog, event, put, settled, outcome } = await setUp();
    const { fannedOutAt: _, ...known } = { ...(await eventLog.event(event)) } as EventRecord;
    const record = vi.spyOn(eventLog, 'recordOutcome');

    await writeOutcome(context, await put(settled('skipped')), known);

    expect(record).toHaveBeenCalledTimes(1);
    expect(await outcome()).toEqual({ state: 'skipped', reason: 'filter-refused' });
  });

  it('is not written again', async () => {
    const outcome = { state: 'skipped', reason: 'filter-refused' } as const;
    const { context, eventLog, put, rows, settled } = await setUp({ outcomes: { [ERP]: outcome } });
    const record = vi.spyOn(eventLog, 'recordOutcome');

    await writeOutcome(context, await put(settled('skipped')));

    expect(record).not.toHaveBeenCalled();
    expect((await rows())[0]).not.toHaveProperty('owedTo');
  });

  it('is not needed once the event has expired', async () => {
    const { context, eventLog, put, rows, settled } = await setUp();
    vi.spyOn(eventLog, 'event').mockResolvedValue(undefined);

    await writeOutcome(context, await put(settled('skipped')));

    expect((await rows())[0]).not.toHaveProperty('owedTo');
  });

  it('is tried three times when other functions change it, and then fails', async () => {
    const { context, eventLog, put, settled } = await setUp();
    const record = vi.spyOn(eventLog, 'recordOutcome').mockResolvedValue(false);

    await expect(writeOutcome(context, await put(settled('skipped')))).rejects.toThrow('changed repeatedly');

    expect(record).toHaveBeenCalledTimes(3);
  });

  it('is written at the third try', async () => {
    const { context, eventLog, put, settled, outcome } = await setUp();
    vi.spyOn(eventLog, 'recordOutcome').mockResolvedValueOnce(false).mockResolvedValueOnce(false);

    await writeOutcome(context, await put(settled('skipped')));

    expect(await outcome()).toEqual({ state: 'skipped', reason: 'filter-refused' });
  });

  it('is none of the work of a row that left the endpoint’s list', async () => {
    const { context, eventLog, key, put } = await setUp();
    const event = vi.spyOn(eventLog, 'event');

    await writeOutcome(context, await put(aSettledDelivery('dead', { ...key, owedTo: attentionOf(ERP) })));

    expect(event).not.toHaveBeenCalled();
  });
});
