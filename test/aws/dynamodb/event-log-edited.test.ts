import { describe, expect, it } from 'vitest';
import { after as later } from '../../../lib/relay/model/clock.ts';
import { eventTime } from '../../../lib/relay/model/ids.ts';
import { StoreError } from '../../../lib/relay/ports/event-log.ts';
import { aDelivery, anEndpointId, anEvent, anEventId, eventsOf } from '../../ports/builders.ts';
import { orderKey, useEventLogTable } from './event-log-table.ts';

const given = useEventLogTable();

describe('rows of the event log that were edited by hand', () => {
  it.each([
    ['items', 'none', { items: undefined }],
    ['receivedAt', 'yesterday', { receivedAt: 'the time in the id' }],
    ['niceId', 17, { niceId: undefined }],
    ['outcomes', ['delivered'], { outcomes: undefined }],
    ['source', null, { source: 'main' }],
  ])('go on without an %s that is wrong', async (attribute, value, expected) => {
    const eventId = anEventId();
    const event = anEvent({ orderKey, eventId, niceId: 'Magic7-501', items: [] });
    await given.store(event);
    await given.edit(`event#${eventId}`, attribute, value);

    const read = await given.eventLog.event(event);

    const wanted = 'receivedAt' in expected ? { receivedAt: eventTime(eventId) } : expected;
    expect({ ...event, ...wanted }).toMatchObject({ ...read });
  });

  it('count as fanned out by the attribute being there', async () => {
    const event = anEvent({ orderKey });
    await given.store(event);
    await given.edit(`event#${event.eventId}`, 'fannedOutAt', 'done');

    expect((await given.eventLog.event(event))?.fannedOutAt).toBeInstanceOf(Date);
  });

  it('go on without attempts that are wrong; without a state they are passed over, and named', async () => {
    const delivery = aDelivery({ orderKey });
    const sk = `delivery#${delivery.eventId}#erp`;
    await given.eventLog.putDeliveryIfAbsent(delivery);
    await given.edit(sk, 'attempts', [{ at: 'once' }]);
    await given.edit(sk, 'leaseUntil', 'soon');

    expect(await given.eventLog.deliveries(orderKey)).toEqual([delivery]);

    await given.edit(sk, 'state', 'secret');
    expect(await given.eventLog.deliveries(orderKey)).toEqual([]);
    const said = JSON.stringify(
      given.telemetry.log.map((entry) => ({ ...entry, error: String(entry.error) })),
    );
    expect(said).toContain(`row ${sk} of main/12345: attribute state must be one of`);
    expect(said).not.toContain('secret');
  });

  it('survive a number that JavaScript cannot hold', async () => {
    const event = anEvent({ orderKey });
    await given.store(event);
    await given.edit(`event#${event.eventId}`, 'note', 10n ** 37n);

    expect(await given.eventLog.event(event)).toEqual(event);
  });

  it('are passed over, with a warning, where a key is none of ours', async () => {
    const [event] = eventsOf(orderKey, 1);
    if (event === undefined) throw new Error('one event was asked for');
    await given.store(event);
    await given.put({ orderKey, sk: 'event#zzz' });
    await given.put({ orderKey, sk: 'delivery#zzz#erp', state: 'pending' });

    const read = [];
    for await (const one of given.eventLog.eventsNewestFirst(orderKey)) read.push(one);
    expect(read).toEqual([event]);
    expect(await given.eventLog.deliveries(orderKey)).toEqual([]);
    expect(await given.eventLog.newestEventId(orderKey)).toBe(event.eventId);
    expect(given.telemetry.log.map(({ level, fields }) => [level, fields.sk])).toEqual([
      ['warn', 'event#zzz'],
      ['warn', 'delivery#zzz#erp'],
    ]);
  });

  it('are passed over, with a warning, where sweep cannot follow them', async () => {
    const delivery = aDelivery({ orderKey });
    const dueAt = '2026-03-01T11:00:00.000Z';
    await given.eventLog.putDeliveryIfAbsent(delivery);
    await given.put({ orderKey, sk: 'note', owedTo: 'erp', dueAt });
    await given.put({ orderKey, sk: `delivery#${anEventId()}#erp`, owedTo: 'erp', dueAt: '1 March' });

    const owed = await given.eventLog.owed('erp', later(given.clock.now(), 60_000), 1);

    expect(owed).toMatchObject([{ eventId: delivery.eventId }]);
    expect(given.telemetry.log.map(({ fields }) => fields.attribute)).toEqual(['dueAt', 'key']);
  });

  it('are postponed though their moment was typed without fractions of a second', async () => {
    const delivery = aDelivery({ orderKey });
    await given.eventLog.putDeliveryIfAbsent(delivery);
    await given.edit(`delivery#${delivery.eventId}#erp`, 'dueAt', '2026-03-01T11:00:00Z');
    const [item] = await given.eventLog.owed('erp', given.clock.now(), 1);

    expect(item && (await given.eventLog.postpone(item, given.inTwoMinutes()))).toBe(true);
  });

  it('get an outcome though the list of outcomes was removed', async () => {
    const event = anEvent({ orderKey });
    await given.store(event);
    await given.edit(`event#${event.eventId}`, 'fannedOutAt', given.clock.now().toISOString());

    expect(await given.eventLog.recordOutcome(event, anEndpointId('erp'), { state: 'dead' }, undefined)).toBe(
      true,
    );

    expect((await given.eventLog.event(event))?.outcomes).toEqual({ erp: { state: 'dead' } });
  });

  it.each([
    ['a text', 'delivered 200 in 5 ms'],
    ['a map with an unknown state', { state: 'lost' }],
  ])('get an outcome in the place of %s, and keep those of other endpoints', async (_, edited) => {
    const event = anEvent({ orderKey });
    await given.store(event);
    await given.edit(`event#${event.eventId}`, 'fannedOutAt', given.clock.now().toISOString());
    await given.edit(`event#${event.eventId}`, 'outcomes', { erp: edited, shop: { state: 'pending' } });
    expect((await given.eventLog.event(event))?.outcomes).toEqual({ shop: { state: 'pending' } });

    const recorded = given.eventLog.recordOutcome(event, anEndpointId('erp'), { state: 'dead' }, undefined);

    expect(await recorded).toBe(true);
    expect((await given.eventLog.event(event))?.outcomes).toEqual({
      erp: { state: 'dead' },
      shop: { state: 'pending' },
    });
  });

  it.each([
    ['an unknown reason', { state: 'pending', reason: 'typed by hand' }],
    ['a status that is a text', { state: 'pending', status: '503' }],
    ['a flag that is false', { state: 'pending', late: false }],
    ['an unknown field', { state: 'pending', note: 'typed by hand' }],
  ])('get an outcome in the place of one with %s', async (_, edited) => {
    const event = anEvent({ orderKey });
    await given.store(event);
    await given.edit(`event#${event.eventId}`, 'fannedOutAt', given.clock.now().toISOString());
    await given.edit(`event#${event.eventId}`, 'outcomes', { erp: edited });
    const previous = (await given.eventLog.event(event))?.outcomes?.[anEndpointId('erp')];
    expect(previous).toEqual({ state: 'pending' });

    const erp = anEndpointId('erp');
    expect(await given.eventLog.recordOutcome(event, erp, { state: 'dead' }, previous)).toBe(true);
    expect((await given.eventLog.event(event))?.outcomes).toEqual({ erp: { state: 'dead' } });
  });

  it.each([
    ['is pending again', { state: 'pending', leaseId: 'x' }, 'pending'],
    ['is cancelled', { state: 'cancelled', leaseId: 'x' }, 'cancelled'],
  ] as const)('are changed though a lease id was left in a delivery that %s', async (_, edited, state) => {
    const delivery = aDelivery({ orderKey });
    await given.eventLog.putDeliveryIfAbsent(delivery);
    for (const [name, value] of Object.entries(edited))
      await given.edit(`delivery#${delivery.eventId}#erp`, name, value);

    const changed = given.eventLog.updateDelivery(
      delivery,
      { state, leaseId: undefined },
      { reason: 'retry' },
    );

    expect(await changed).toBe(true);
  });

  it('are changed though the lease id of a leased delivery is no text', async () => {
    const delivery = aDelivery({ orderKey, state: 'leased', leaseId: 'x' });
    await given.eventLog.putDeliveryIfAbsent(delivery);
    await given.edit(`delivery#${delivery.eventId}#erp`, 'leaseId', 5);
    const [read] = await given.eventLog.deliveries(orderKey);

    expect(read).toMatchObject({ state: 'leased', leaseId: '' });
    const only = { state: 'leased', leaseId: '' } as const;
    expect(await given.eventLog.updateDelivery(delivery, only, { reason: 'retry' })).toBe(true);
  });

  it('name themselves when a payload has no body', async () => {
    const event = anEvent({ orderKey });
    await given.store(event);
    await given.edit(`payload#${event.eventId}`, 'body', 17);

    await expect(given.eventLog.payload(event)).rejects.toThrow(StoreError);
    await expect(given.eventLog.payload(event)).rejects.toThrow(`row payload#${event.eventId} of main/12345`);
  });
});
