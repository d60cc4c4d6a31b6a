import { randomBytes } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { DynamoEventWriter } from '../../../lib/aws/dynamodb/event-log-writer.ts';
import { after as later } from '../../../lib/relay/model/clock.ts';
import type { Outcomes } from '../../../lib/relay/model/event.ts';
import { aliasKeyOf, orderKeyOf, sha256Hex, shardOf } from '../../../lib/relay/model/ids.ts';
import { aDelivery, anEndpointId, anEvent, aPayload, aSource } from '../../ports/builders.ts';
import { orderKey, useEventLogTable } from './event-log-table.ts';

const given = useEventLogTable();
const in30Days = Date.parse('2026-03-31T12:00:00.000Z') / 1000;

describe('the rows of the event log', () => {
  it('tell an event in words', async () => {
    const items = [{ sku: 'MUG-11', product: 'Mug', status: 'Shipped', trackingNumber: '1Z999' }];
    const event = anEvent({ orderKey, orderId: '12345', niceId: 'Magic7-501', items, itemsOmitted: 1 });
    const { eventId } = event;

    await given.store(event);

    const unchanging = {
      orderKey: 'main/12345',
      sk: `event#${eventId}`,
      eventId,
      orderId: '12345',
      niceId: 'Magic7-501',
      source: 'main',
      receivedAt: '2026-03-01T12:00:00.000Z',
      items,
      itemsOmitted: 1,
      day: `day#2026-03-01#${shardOf(eventId)}`,
      expiresAt: in30Days,
    };
    expect(await given.row(`event#${eventId}`)).toEqual({
      ...unchanging,
      owedTo: `fan-out#${shardOf(eventId)}`,
      dueAt: '2026-03-01T12:02:00.000Z',
    });

    const changes = [{ change: 'changed' as const, sku: 'MUG-11', statusFrom: 'New', statusTo: 'Shipped' }];
    const outcomes: Outcomes = {
      [anEndpointId('erp')]: { state: 'delivered', status: 200, durationMs: 143 },
    };
    await given.eventLog.finishFanOut(event, { changes, outcomes, fannedOutAt: given.clock.now() });

    expect(await given.row(`event#${eventId}`)).toEqual({
      ...unchanging,
      changes,
      outcomes,
      fannedOutAt: '2026-03-01T12:00:00.000Z',
    });
  });

  it('tell a payload as readable text', async () => {
    const event = anEvent({ orderKey });
    const body = '\ufeff{"Id":"12345","Name":"Zoë"}';

    await given.store(event, aPayload(body, 'application/json'));

    expect(await given.row(`payload#${event.eventId}`)).toEqual({
      orderKey: 'main/12345',
      sk: `payload#${event.eventId}`,
      contentType: 'application/json',
      body,
      bodySha256: sha256Hex(body),
      receivedAt: '2026-03-01T12:00:00.000Z',
      expiresAt: in30Days,
    });
  });

  it.each([
    ['that is no UTF-8', Buffer.from([0xff, 0xfe, 0x00])],
    ['that would make the row pass 256 KiB', Buffer.from('x'.repeat(256 * 1024))],
  ])('compress a payload %s', async (_, body) => {
    const event = anEvent({ orderKey });

    await given.store(event, aPayload(body));

    const stored = await given.row(`payload#${event.eventId}`);
    expect(stored).toMatchObject({ bodySha256: sha256Hex(body) });
    expect(stored).not.toHaveProperty('body');
    expect(gunzipSync(stored?.bodyGzip).equals(body)).toBe(true);
  });

  it('hold a payload up to the limit of DynamoDB', async () => {
    const event = anEvent({ orderKey });
    // Random bytes do not compress; the longest key, names and checksum take less than 3 KB.
    const body = randomBytes(400 * 1024 - 3 * 1024);

    await given.store(event, aPayload(body));

    expect((await given.eventLog.payload(event))?.body).toEqual(body);
  });

  it.each([
    ['readable', aPayload('{"Name":"Ada"}', 'application/json')],
    ['compressed', aPayload(Buffer.from([0xff, 0xfe]))],
  ])(
    'keep nothing of an erased payload that was %s but when it was erased, for as long',
    async (_, payload) => {
      const event = anEvent({ orderKey });
      await given.store(event, payload);
      const erasedAt = later(given.clock.now(), 60_000);
      const key = { orderKey, sk: `payload#${event.eventId}` };
      const writer = new DynamoEventWriter(given.tableOptions());

      expect(await writer.erasePayload(event, erasedAt)).toBe(true);
      expect(await writer.erasePayload(event, erasedAt)).toBe(false);

      expect(await given.row(key.sk)).toEqual({
        ...key,
        receivedAt: '2026-03-01T12:00:00.000Z',
        erasedAt: '2026-03-01T12:01:00.000Z',
        expiresAt: in30Days,
      });
      expect(await writer.payloadKeys(orderKey)).toEqual([]);
    },
  );

  it('tell a delivery in words', async () => {
    const now = given.clock.now();
    const delivery = aDelivery({
      orderKey,
      reason: 'endpoint-paused',
      attempts: [{ at: now, durationMs: 143, status: 503, answer: 'busy' }],
      attemptCount: 1,
      nextAttemptAt: later(now, 5_000),
      state: 'leased',
      leaseId: 'a-lease',
      leaseUntil: later(now, 20_000),
    });
    const { eventId } = delivery;

    await given.eventLog.putDeliveryIfAbsent(delivery);

    expect(await given.row(`delivery#${eventId}#erp`)).toEqual({
      orderKey: 'main/12345',
      sk: `delivery#${eventId}#erp`,
      listedFor: 'erp',
      eventId,
      endpointId: 'erp',
      state: 'leased',
      reason: 'endpoint-paused',
      attempts: [{ at: '2026-03-01T12:00:00.000Z', durationMs: 143, status: 503, answer: 'busy' }],
      attemptCount: 1,
      nextAttemptAt: '2026-03-01T12:00:05.000Z',
      leaseId: 'a-lease',
      leaseUntil: '2026-03-01T12:00:20.000Z',
      owedSince: '2026-03-01T12:00:00.000Z',
      owedTo: 'erp',
      dueAt: '2026-03-01T12:00:00.000Z',
    });
  });

  it('expire for a delivery only once it is settled, together with its event', async () => {
    const event = anEvent({ orderKey });
    const delivery = aDelivery({ orderKey, eventId: event.eventId });
    const [ofDelivery, ofEvent] = [`delivery#${event.eventId}#erp`, `event#${event.eventId}`];
    await given.store(event);
    await given.eventLog.finishFanOut(event, { changes: [], outcomes: {}, fannedOutAt: given.clock.now() });
    await given.eventLog.putDeliveryIfAbsent(delivery);
    expect(await given.row(ofDelivery)).not.toHaveProperty('expiresAt');

    given.clock.advance(24 * 60 * 60_000);
    const pending = { state: 'pending', leaseId: undefined } as const;
    await given.eventLog.updateDelivery(delivery, pending, { state: 'dead' });
    await given.eventLog.recordOutcome(event, delivery.endpointId, { state: 'dead' }, undefined);

    const aDayLater = { expiresAt: in30Days + 24 * 60 * 60 };
    expect(await given.row(ofDelivery)).toMatchObject(aDayLater);
    expect(await given.row(ofEvent)).toMatchObject(aDayLater);

    await given.eventLog.updateDelivery(delivery, { ...pending, state: 'dead' }, { state: 'pending' });
    expect(await given.row(ofDelivery)).not.toHaveProperty('expiresAt');
  });

  it('tell the order that a nice id belongs to', async () => {
    const aliasKey = aliasKeyOf(aSource, 'Magic7-501');
    const seenAt = new Date('2026-03-01T12:00:00.000Z');

    await given.eventLog.putAlias({ aliasKey, orderKey, id: 'Magic7-501', seenAt });

    expect(await given.row('alias#12345', aliasKey)).toMatchObject({
      orderKey: 'main/nice:magic7-501',
      order: 'main/12345',
      id: 'Magic7-501',
      seenAt: '2026-03-01T12:00:00.000Z',
    });
  });

  it('take 1 KB at most for an event of three items and five endpoints', async () => {
    const orderId = '7-501853e1-8d78-4e1e-83a0-be9fb432efe1';
    const item = {
      sku: 'ApparelDTG-GILDAN-64000-M-BLACK',
      product: 'T-Shirt, unisex',
      status: 'Shipped',
      trackingNumber: '9400136895232546111111',
    };
    const event = anEvent({
      orderKey: orderKeyOf(aSource, orderId),
      orderId,
      niceId: 'Magic7-501',
      items: [item, item, item],
    });
    await given.store(event);
    const outcomes: Outcomes = Object.fromEntries(
      ['erp', 'crm', 'slack', 'warehouse', 'mail'].map((id) => [
        id,
        { state: 'delivered', status: 200, durationMs: 143 },
      ]),
    );
    const change = {
      change: 'changed' as const,
      sku: item.sku,
      statusFrom: 'InProduction',
      statusTo: 'Shipped',
    };
    await given.eventLog.finishFanOut(event, { changes: [change], outcomes, fannedOutAt: given.clock.now() });

    const bytes = bytesOf(await given.row(`event#${event.eventId}`, event.orderKey));

    expect(bytes).toBeLessThanOrEqual(1024);
  });
});

/** As DynamoDB counts (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html). */
function bytesOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value === 'number') return Math.ceil(String(value).length / 2) + 1;
  if (Array.isArray(value)) return 3 + value.reduce((sum, part) => sum + 1 + bytesOf(part), 0);
  const entries = Object.entries(value ?? {});
  return (
    entries.reduce((sum, [name, part]) => sum + Buffer.byteLength(name) + bytesOf(part), 0) +
    3 +
    entries.length
  );
}
