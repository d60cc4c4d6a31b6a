/** The contract of the EventLog port for events and payloads. */
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { after as later } from '../../lib/relay/model/clock.ts';
import type { EventRecord } from '../../lib/relay/model/event.ts';
import { aliasKeyOf, NOTICES, orderKeyOf } from '../../lib/relay/model/ids.ts';
import { PayloadTooLargeError } from '../../lib/relay/ports/event-log.ts';
import { anyChar } from '../any-char.ts';
import {
  aDelivery,
  anEndpointId,
  anEvent,
  anEventId,
  anOrderKey,
  aPayload,
  aSource,
  eventsOf,
} from './builders.ts';
import { DAY_MS, type EventLogSubject, listOf, MINUTE_MS, useEventLog } from './event-log-subject.ts';
import { HOSTILE_ORDER_IDS } from './hostile-order-ids.ts';

/** DynamoDB refuses a lone surrogate, which has no UTF-8 form. The relay replaces it before it stores anything. */
const STORABLE_ORDER_IDS = Object.entries(HOSTILE_ORDER_IDS).filter(([, orderId]) => orderId.isWellFormed());

export function describeStoring(make: () => Promise<EventLogSubject>): void {
  const given = useEventLog(make);

  describe('newestWebhook', () => {
    it('gives the newest of all orders that came since, and none that is the relay’s own', async () => {
      const [older, newer] = eventsOf(anOrderKey(), 2);
      const notice = anEvent({
        orderKey: orderKeyOf(NOTICES, 'evt'),
        eventId: eventsOf(anOrderKey(), 3)[2]?.eventId ?? anEventId(),
      });
      for (const event of [older, newer, notice]) if (event) await given.store(event);
      given.clock.advance(DAY_MS);
      const since = (minutes: number) => later(given.clock.now(), -DAY_MS + minutes * MINUTE_MS);

      expect(await given.eventLog.newestWebhook(since(0))).toBe(newer?.eventId);
      expect(await given.eventLog.newestWebhook(since(1))).toBeUndefined();
    });
  });

  describe('an event and its payload', () => {
    it('are kept as they were given', async () => {
      const event = anEvent({
        orderId: '12345',
        niceId: 'Magic7-501',
        items: [{ sku: 'MUG-11', product: 'Mug', status: 'New', trackingNumber: '1Z999' }, {}],
        itemsOmitted: 3,
      });
      const payload = {
        ...aPayload('{"Id":"12345"}', 'application/json; charset=utf-8'),
        contentEncoding: 'identity',
      };

      await given.store(event, payload);

      expect(await given.eventLog.event(event)).toEqual(event);
      expect(await given.eventLog.payload(event)).toEqual(payload);
    });

    it('are owed to their shard of fan-out', async () => {
      const event = anEvent();

      await given.store(event);

      expect(await given.eventLog.owed(listOf(event), given.farFuture(), 10)).toEqual([
        {
          kind: 'event',
          orderKey: event.orderKey,
          eventId: event.eventId,
          owedTo: listOf(event),
          dueAt: given.dueAt(),
        },
      ]);
    });

    it('come back with the bytes of any body', async () => {
      await fc.assert(
        fc.asyncProperty(bodies, async (body) => {
          const event = anEvent();
          await given.store(event, aPayload(body));
          const kept = await given.eventLog.payload(event);
          expect(Buffer.from(kept?.body ?? []).equals(Buffer.from(body))).toBe(true);
        }),
        { numRuns: 30 },
      );
    });

    it('may have a body of 3 MB that compresses well', async () => {
      const event = anEvent();
      const body = Buffer.from(
        JSON.stringify(Array.from({ length: 30_000 }, (_, id) => ({ id, Sku: 'MUG-11' }))),
      );
      const large = Buffer.concat(Array.from({ length: 4 }, () => body)).subarray(0, 3_000_000);

      await given.store(event, aPayload(large));

      const kept = await given.eventLog.payload(event);
      expect(Buffer.from(kept?.body ?? []).equals(large)).toBe(true);
    });

    it.each(STORABLE_ORDER_IDS)('are kept apart for an order whose id is %s', async (_, orderId) => {
      const orderKey = orderKeyOf(aSource, orderId);
      const [first, second] = eventsOf(orderKey, 2).map((event) => ({ ...event, orderId }));
      if (first === undefined || second === undefined) throw new Error('two events were asked for');
      await Promise.all([
        given.store(first),
        given.store(second),
        given.store(anEvent({ orderKey: anOrderKey() })),
      ]);

      expect(await given.eventIdsOf(orderKey)).toEqual([second.eventId, first.eventId]);
      expect(await given.eventLog.newestEventId(orderKey)).toBe(second.eventId);
      expect(await given.eventLog.event(first)).toEqual(first);
      expect(await given.eventLog.putDeliveryIfAbsent(aDelivery(first))).toBe(true);
      expect(await given.eventLog.owed(listOf(first), given.farFuture(), 10)).toContainEqual(
        expect.objectContaining({ orderKey, eventId: first.eventId }),
      );
    });
  });

  describe('putPayload', () => {
    it('leaves a payload as it is that was written before', async () => {
      const event = anEvent();
      await given.eventLog.putPayload(event, aPayload('first'));

      await given.eventLog.putPayload(event, aPayload('second'));

      expect(await given.eventLog.payload(event)).toEqual(aPayload('first'));
    });

    it('does not bring back a payload that was erased', async () => {
      const event = anEvent();
      await given.store(event);
      await given.erasePayload(event);

      await given.eventLog.putPayload(event, aPayload());

      expect(await given.eventLog.payload(event)).toBeUndefined();
    });

    it('refuses a body that is too large even compressed, and writes nothing', async () => {
      const event = anEvent();

      await expect(given.eventLog.putPayload(event, aPayload(randomBytes(410 * 1024)))).rejects.toThrow(
        PayloadTooLargeError,
      );

      expect(await given.eventLog.payload(event)).toBeUndefined();
    });

    it('is told beforehand by checkPayload what it refuses, for every order alike', async () => {
      const tooLarge = aPayload(randomBytes(398 * 1024));
      const largest = aPayload(randomBytes(395 * 1024));
      const event = anEvent({ orderKey: orderKeyOf(aSource, 'x'.repeat(2_000)) });

      await expect(given.eventLog.checkPayload(tooLarge)).rejects.toThrow(PayloadTooLargeError);
      await expect(given.eventLog.putPayload(anEvent(), tooLarge)).rejects.toThrow(PayloadTooLargeError);
      await given.eventLog.checkPayload(largest);
      await given.eventLog.putPayload(event, largest);

      expect(await given.eventLog.payload(event)).toEqual(largest);
    });

    it('makes no event: a payload alone is nothing that fan-out could find', async () => {
      const event = anEvent();

      await given.eventLog.putPayload(event, aPayload());

      expect(await given.eventIdsOf(event.orderKey)).toEqual([]);
      expect(await given.eventLog.newestEventId(event.orderKey)).toBeUndefined();
    });
  });

  describe('putEvent', () => {
    it('leaves an event as it is that waits for its fan-out', async () => {
      const event = anEvent();
      await given.store(event);
      const due = given.dueAt();
      given.clock.advance(MINUTE_MS);

      await given.eventLog.putEvent(event, given.dueAt());

      expect(await given.eventLog.owed(listOf(event), given.farFuture(), 10)).toMatchObject([{ dueAt: due }]);
    });

    it('leaves an event as it is that was fanned out: a call that is repeated, or lands late, erases nothing', async () => {
      const event = anEvent();
      await given.store(event);
      const result = {
        changes: [],
        outcomes: { erp: { state: 'delivered' } },
        fannedOutAt: given.clock.now(),
      };
      await given.eventLog.finishFanOut(event, result);

      await given.eventLog.putEvent(event, given.dueAt());

      expect(await given.eventLog.event(event)).toEqual({ ...event, ...result });
      expect(await given.eventLog.owed(listOf(event), given.farFuture(), 10)).toEqual([]);
    });

    it('is done once by many at the same time', async () => {
      const event = anEvent();

      await Promise.all(Array.from({ length: 10 }, () => given.eventLog.putEvent(event, given.dueAt())));

      expect(await given.eventIdsOf(event.orderKey)).toEqual([event.eventId]);
    });
  });

  describe('newestEventId', () => {
    it('is undefined for an order that is not known', async () => {
      expect(await given.eventLog.newestEventId(anOrderKey())).toBeUndefined();
    });

    it('is the greatest id, whatever order the events were written in', async () => {
      const orderKey = anOrderKey('7');
      const events = eventsOf(orderKey, 3);
      for (const event of events.toReversed()) await given.store(event);
      const longerId = eventsOf(anOrderKey('77'), 5).at(-1);
      if (longerId !== undefined) await given.store(longerId);

      expect(await given.eventLog.newestEventId(orderKey)).toBe(events.at(-1)?.eventId);
    });
  });

  describe('eventsNewestFirst', () => {
    // Implementations read pages of 10 and of 100.
    it('gives more events than two pages have, from the newest to the oldest', async () => {
      const orderKey = anOrderKey();
      const events = eventsOf(orderKey, 120);
      await Promise.all(events.map((event) => given.store(event)));

      expect(await given.eventIdsOf(orderKey)).toEqual(events.map(({ eventId }) => eventId).reverse());
    });

    it('ends at the oldest that is asked for, which is perhaps not there', async () => {
      const orderKey = anOrderKey();
      const events = eventsOf(orderKey, 30);
      const [absent, ...stored] = events.slice(10);
      await Promise.all([...events.slice(0, 10), ...stored].map((event) => given.store(event)));
      const from = async (event: EventRecord | undefined) =>
        (
          await Array.fromAsync(
            given.eventLog.eventsNewestFirst(orderKey, event && { oldest: event.eventId }),
          )
        ).map(({ eventId }) => eventId);

      const ids = stored.map(({ eventId }) => eventId).reverse();
      expect(await from(stored[0])).toEqual(ids);
      expect(await from(absent)).toEqual(ids);
      expect(await from(stored.at(-1))).toEqual(ids.slice(0, 1));
    });

    it('gives outlines, without changes and outcomes', async () => {
      const event = anEvent({ items: [{ sku: 'MUG-11', status: 'New' }] });
      const endpointId = anEndpointId('erp');
      await given.store(event);
      const fannedOutAt = new Date(event.receivedAt.getTime() + 1_000);
      await given.eventLog.finishFanOut(event, {
        changes: [{ change: 'added', sku: 'MUG-11', statusTo: 'New' }],
        outcomes: { [endpointId]: { state: 'delivered', status: 200 } },
        fannedOutAt,
      });
      const read = (outline: boolean) =>
        Array.fromAsync(given.eventLog.eventsNewestFirst(event.orderKey, { outline }));

      const [whole] = await read(false);
      expect(whole).toMatchObject({ changes: [{}], outcomes: { [endpointId]: {} } });
      expect(await read(true)).toEqual([{ ...event, fannedOutAt }]);
    });

    it('can be left after the first', async () => {
      const orderKey = anOrderKey();
      const events = eventsOf(orderKey, 30);
      await Promise.all(events.map((event) => given.store(event)));

      for await (const event of given.eventLog.eventsNewestFirst(orderKey)) {
        expect(event.eventId).toBe(events.at(-1)?.eventId);
        break;
      }
    });

    it('leaves out the deliveries', async () => {
      const event = anEvent();
      await given.store(event);
      await given.eventLog.putDeliveryIfAbsent(aDelivery(event));

      expect(await given.eventIdsOf(event.orderKey)).toEqual([event.eventId]);
    });
  });

  describe('putAlias', () => {
    const anAlias = (orderId: string, id = 'Magic7-501') => ({
      aliasKey: aliasKeyOf(aSource, id),
      orderKey: orderKeyOf(aSource, orderId),
      id,
      seenAt: new Date('2026-03-01T12:00:00.000Z'),
    });

    it('leads to the order, as often as it is written', async () => {
      const alias = anAlias('7-501');

      await given.eventLog.putAlias(alias);
      await given.eventLog.putAlias(alias);

      expect(await given.aliasesOf(alias.aliasKey)).toEqual([alias]);
      expect(await given.aliasesOf(aliasKeyOf(aSource, 'Magic7-502'))).toEqual([]);
    });

    it('leads to every order that had the id, in upper or lower case', async () => {
      const aliases = [anAlias('1'), anAlias('2', 'MAGIC7-501'), anAlias('3')];
      for (const alias of aliases.toReversed()) await given.eventLog.putAlias(alias);

      expect(await given.aliasesOf(aliasKeyOf(aSource, 'magic7-501'))).toEqual(aliases);
    });

    it.each(STORABLE_ORDER_IDS)('leads to an order whose id is %s', async (_, orderId) => {
      const alias = anAlias(orderId, orderId);

      await given.eventLog.putAlias(anAlias('other', orderId));
      await given.eventLog.putAlias(alias);

      expect(await given.aliasesOf(alias.aliasKey)).toHaveLength(2);
      expect(await given.aliasesOf(alias.aliasKey)).toContainEqual(alias);
    });
  });

  describe('rows past their time', () => {
    it('are not there for any reader', async () => {
      const event = anEvent();
      await given.store(event);
      await given.eventLog.putDeliveryIfAbsent(aDelivery({ ...event, state: 'delivered' }));

      given.clock.advance(31 * DAY_MS);

      expect(await given.eventIdsOf(event.orderKey)).toEqual([]);
      expect(await given.eventLog.event(event)).toBeUndefined();
      expect(await given.eventLog.payload(event)).toBeUndefined();
      expect(await given.eventLog.deliveries(event.orderKey)).toEqual([]);
    });

    it('are there until then', async () => {
      const event = anEvent();
      await given.store(event);
      await given.eventLog.putDeliveryIfAbsent(aDelivery({ ...event, state: 'delivered' }));

      given.clock.advance(29 * DAY_MS);

      expect(await given.eventIdsOf(event.orderKey)).toEqual([event.eventId]);
      expect(await given.eventLog.payload(event)).toEqual(aPayload());
      expect(await given.eventLog.deliveries(event.orderKey)).toHaveLength(1);
    });
  });
}

/** Any bytes, and any text with what is easily lost of one: byte order mark, NUL, escaped lone surrogates. */
const bodies: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.string({ unit: anyChar, maxLength: 100 }).map((text) => Buffer.from(text)),
  fc
    .tuple(
      fc.constantFrom('', '\ufeff'),
      fc.array(fc.constantFrom('\ufeff', '\u0000', '\\ud800', '\r\n', '\ufffd', '\ufffe', '🧵', '"'), {
        maxLength: 20,
      }),
    )
    .map(([mark, parts]) => Buffer.from(mark + parts.join(''))),
  fc.constant(new Uint8Array()),
);
