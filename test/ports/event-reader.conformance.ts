/** The contract of the EventReader port. */
import { describe, expect, it } from 'vitest';
import { sourceIdSchema } from '../../lib/relay/endpoint/source.ts';
import { after as later } from '../../lib/relay/model/clock.ts';
import type { EventRecord } from '../../lib/relay/model/event.ts';
import { aliasKeyOf, orderKeyOf } from '../../lib/relay/model/ids.ts';
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

    it('finds the order that an alias points to', async () => {
      const [alias, orderKey] = [aliasKeyOf(aSource, 'Magic7-501'), anOrderKey()];
      await given().eventLog.putAlias(alias, orderKey);

      expect(await given().reader.orderOfAlias(alias)).toBe(orderKey);
      expect(await given().reader.orderOfAlias(aliasKeyOf(aSource, 'other'))).toBeUndefined();
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
      const read = async (backwards: boolean, dueSince = LONG_AGO) =>
        (await Array.fromAsync(reader.owed(['erp', 'crm'], { dueSince, backwards, pageSize: 1 }))).map(
          ({ owedTo, dueAt }) => [owedTo, dueAt],
        );

      const all = [
        ['erp', due(1)],
        ['crm', due(2)],
        ['erp', due(3)],
      ];
      expect(await read(false)).toEqual(all);
      expect(await read(true)).toEqual(all.toReversed());
      expect(await read(false, due(2))).toEqual(all.slice(1));
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

    it('reads deliveries by key, in the order of the keys, without absent ones', async () => {
      const [one, other] = [aDelivery(), aDelivery()];
      for (const delivery of [one, other]) await given().eventLog.putDeliveryIfAbsent(delivery);

      expect(await given().reader.deliveriesOf([other, aDelivery(), one])).toEqual([other, one]);
    });
  });
}
