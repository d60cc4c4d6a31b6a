/** The contract of the EventReader port. */
import { describe, expect, it } from 'vitest';
import { sourceIdSchema } from '../../lib/relay/endpoint/source.ts';
import { after as later } from '../../lib/relay/model/clock.ts';
import type { EventKey, EventRecord } from '../../lib/relay/model/event.ts';
import { aliasKeyOf, orderKeyOf } from '../../lib/relay/model/ids.ts';
import { SEVERAL_ENDPOINTS } from '../../lib/relay/ports/operator.ts';
import { MemoryClock } from '../memory/clock.ts';
import { aDelivery, anEndpointId, anEvent, anEventId, anOrderKey, aSource } from './builders.ts';
import { type EventOperatorSubject, useEventOperator } from './event-operator-subject.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const LONG_AGO = new Date(0);

/** @param make gives an empty log */
export function describeEventReader(name: string, make: () => Promise<EventOperatorSubject>): void {
  describe(name, () => {
    const given = useEventOperator(make);

    async function stored(agoMs: number, parts: Partial<EventRecord> = {}): Promise<EventRecord> {
      const receivedAt = later(given().clock.now(), -agoMs);
      const event = anEvent({ eventId: anEventId(new MemoryClock(receivedAt)), receivedAt, ...parts });
      await given().eventLog.putEvent(event, receivedAt);
      return event;
    }

    const aWeekAgo = () => later(given().clock.now(), -7 * DAY_MS);

    it('finds the order of an event by its id', async () => {
      const event = await stored(0);

      expect(await given().reader.orderOfEvent(event.eventId)).toBe(event.orderKey);
      expect(await given().reader.orderOfEvent(anEventId())).toBeUndefined();
    });

    it('finds the aliases of an id', async () => {
      const aliasKey = aliasKeyOf(aSource, 'Magic7-501');
      const alias = { aliasKey, orderKey: anOrderKey(), id: 'Magic7-501', seenAt: given().clock.now() };
      await given().eventLog.putAlias(alias);

      expect(await given().reader.aliasesOf(aliasKey)).toEqual([alias]);
      expect(await given().reader.aliasesOf(aliasKeyOf(aSource, 'other'))).toEqual([]);
    });

    it('lists events of all orders newest first, up to a limit', async () => {
      const [old, middle, recent] = [await stored(3 * DAY_MS), await stored(DAY_MS), await stored(0)];
      const { reader } = given();

      expect(await reader.newest({ since: aWeekAgo(), limit: 10 })).toEqual([recent, middle, old]);
      expect(await reader.newest({ since: aWeekAgo(), limit: 2 })).toEqual([recent, middle]);
      expect(await reader.newest({ since: middle.receivedAt, limit: 10 })).toEqual([recent, middle]);
    });

    it('lists the events of one source', async () => {
      const source = sourceIdSchema.parse('other');
      await stored(0);
      const event = await stored(MINUTE_MS, { source, orderKey: orderKeyOf(source, '1') });

      expect(await given().reader.newest({ since: aWeekAgo(), source, limit: 1 })).toEqual([event]);
    });

    it('reads events oldest first from a given time', async () => {
      const [, middle, recent] = [await stored(3 * DAY_MS), await stored(DAY_MS), await stored(0)];

      const batches = await Array.fromAsync(given().reader.oldestFirst(middle.receivedAt));

      expect(batches.flat()).toEqual([middle, recent]);
    });

    it('reads events newest first from a given time, in batches', async () => {
      const [, oldest, middle, recent] = [
        await stored(3 * DAY_MS),
        await stored(DAY_MS),
        await stored(MINUTE_MS),
        await stored(0),
      ];

      const batches = await Array.fromAsync(given().reader.newestFirst(oldest.receivedAt, 2));

      expect(batches).toEqual([[recent, middle], [oldest]]);
    });

    it('reads owed items of several lists as one sequence in the order of their due times', async () => {
      const { clock, eventLog, reader } = given();
      const due = (minutes: number) => later(clock.now(), minutes * MINUTE_MS);
      for (const [endpoint, minutes] of [
        ['erp', 3],
        ['crm', 2],
        ['erp', 1],
        ['other', 1],
      ] as const) {
        const endpointId = anEndpointId(endpoint);
        await eventLog.putDeliveryIfAbsent(aDelivery({ endpointId, owedTo: endpoint, dueAt: due(minutes) }));
      }
      const read = async (backwards: boolean, dueSince = LONG_AGO, dueBefore?: Date) => {
        const query = { dueSince, dueBefore, backwards, pageSize: 1 };
        const items = await Array.fromAsync(reader.owed(['erp', 'crm'], query));
        return items.map(({ owedTo, dueAt }) => [owedTo, dueAt]);
      };

      const all = [
        ['erp', due(1)],
        ['crm', due(2)],
        ['erp', due(3)],
      ];
      expect(await read(false)).toEqual(all);
      expect(await read(true)).toEqual(all.toReversed());
      expect(await read(false, due(2))).toEqual(all.slice(1));
      expect(await read(true, LONG_AGO, due(3))).toEqual(all.toReversed().slice(1));
      expect(await read(false, due(2), due(3))).toEqual(all.slice(1, 2));
      expect(await Array.fromAsync(reader.owed([], { dueSince: LONG_AGO, pageSize: 1 }))).toEqual([]);
    });

    it('reads events by key, in the order of the keys, without absent ones', async () => {
      const [one, other] = [await stored(0), await stored(MINUTE_MS)];

      expect(await given().reader.eventsOf([other, anEvent(), one, other])).toEqual([other, one, other]);
      expect(await given().reader.eventsOf([])).toEqual([]);
    });

    it('treats an expired event as absent', async () => {
      const event = await stored(0);
      given().clock.advance(31 * DAY_MS);

      expect(await given().reader.eventsOf([event])).toEqual([]);
    });

    const range = { since: later(new MemoryClock().now(), -7 * DAY_MS), pageSize: 1 };
    const idsOf = async (keys: AsyncIterable<EventKey>) =>
      (await Array.fromAsync(keys)).map(({ eventId }) => eventId);

    it('lists the keys of all events newest first, or oldest first, from a time or before an event', async () => {
      const events = [await stored(3 * DAY_MS), await stored(DAY_MS), await stored(1), await stored(0)];
      const [old, middle, recent, newest] = events.map(({ eventId }) => eventId);
      const { reader } = given();

      expect(await idsOf(reader.eventKeys(range))).toEqual([newest, recent, middle, old]);
      expect(await idsOf(reader.eventKeys({ ...range, oldestFirst: true }))).toEqual([
        old,
        middle,
        recent,
        newest,
      ]);
      expect(await idsOf(reader.eventKeys({ ...range, before: recent }))).toEqual([middle, old]);
      expect(await idsOf(reader.eventKeys({ ...range, before: old }))).toEqual([]);
      expect(await idsOf(reader.eventKeys({ ...range, since: given().clock.now() }))).toEqual([newest]);
    });

    it('lists the keys of one endpoint’s delivery rows by event, also of settled ones', async () => {
      const { eventLog, reader } = given();
      const rows = [2, 1, 0].map((days) => {
        const clock = new MemoryClock(later(given().clock.now(), -days * DAY_MS));
        return aDelivery({ eventId: anEventId(clock) });
      });
      for (const row of rows) await eventLog.putDeliveryIfAbsent(row);
      await eventLog.putDeliveryIfAbsent(aDelivery({ endpointId: anEndpointId('crm') }));
      const [old, middle, recent] = rows;
      await eventLog.updateDelivery(
        middle ?? aDelivery(),
        { state: 'pending', leaseId: undefined },
        { state: 'delivered', settledAt: given().clock.now(), owedTo: null, dueAt: null },
      );
      const erp = anEndpointId('erp');

      expect(await Array.fromAsync(reader.deliveryKeys(erp, range))).toMatchObject(
        [recent, middle, old].map((row) => ({ eventId: row?.eventId, endpointId: erp })),
      );
      expect(await idsOf(reader.deliveryKeys(erp, { ...range, before: recent?.eventId }))).toEqual([
        middle?.eventId,
        old?.eventId,
      ]);
      expect(await idsOf(reader.deliveryKeys(erp, { ...range, oldestFirst: true }))).toEqual(
        rows.map(({ eventId }) => eventId),
      );
    });

    it('lists the keys of events that fan-out cancelled for an endpoint, or for several', async () => {
      const { clock, eventLog, reader } = given();
      const [erp, crm] = [anEndpointId('erp'), anEndpointId('crm')];
      const cancelled = [[erp], [], [erp], [crm], [erp, crm], [crm, erp]];
      const result = { changes: [], outcomes: {}, fannedOutAt: clock.now() };
      const ids: string[] = [];
      for (const [index, cancelledFor] of cancelled.entries()) {
        const event = await stored((10 - index) * MINUTE_MS);
        await eventLog.finishFanOut(event, { ...result, cancelledFor });
        ids.push(event.eventId);
        expect(await eventLog.event(event)).toEqual({ ...event, ...result });
      }
      const [first, , third, ofCrm, together, again] = ids;

      expect(await idsOf(reader.cancelledEventKeys([erp], range))).toEqual([third, first]);
      expect(await idsOf(reader.cancelledEventKeys([erp, crm, SEVERAL_ENDPOINTS], range))).toEqual([
        ...[again, together, ofCrm, third, first],
      ]);
      expect(
        await idsOf(reader.cancelledEventKeys([SEVERAL_ENDPOINTS], { ...range, oldestFirst: true })),
      ).toEqual([together, again]);
      expect(await idsOf(reader.cancelledEventKeys([], range))).toEqual([]);
    });

    it('reads deliveries by key, in the order of the keys, without absent ones', async () => {
      const [one, other] = [aDelivery(), aDelivery()];
      for (const delivery of [one, other]) await given().eventLog.putDeliveryIfAbsent(delivery);

      expect(await given().reader.deliveriesOf([other, aDelivery(), one])).toEqual([other, one]);
    });
  });
}
