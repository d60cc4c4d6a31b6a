/** The contract of the EventLog port for deliveries: every change is conditional. */
import { describe, expect, it } from 'vitest';
import { after as later } from '../../lib/relay/model/clock.ts';
import type { Delivery } from '../../lib/relay/model/delivery.ts';
import type { EventId } from '../../lib/relay/model/ids.ts';
import { aDelivery, anEndpointId, anEventId, anOrderKey, eventsOf } from './builders.ts';
import { DAY_MS, type EventLogSubject, MINUTE_MS, useEventLog } from './event-log-subject.ts';

export function describeDelivering(make: () => Promise<EventLogSubject>): void {
  const given = useEventLog(make);

  describe('putDeliveryIfAbsent', () => {
    it('keeps a delivery with all its parts', async () => {
      const now = given.clock.now();
      const unfinished = {
        reason: 'endpoint-paused',
        attempts: [
          { at: now, durationMs: 143, status: 503, answer: 'come back later', retryAfterSeconds: 120 },
          { at: later(now, 1), durationMs: 10_000.5, error: 'timeout after 10 s' },
        ],
        attemptCount: 12,
        nextAttemptAt: later(now, MINUTE_MS),
        late: true,
        replayedAt: later(now, 1),
        possiblyDeliveredAt: later(now, 2),
      } as const;
      const orderKey = anOrderKey();
      const deliveries = [
        aDelivery({ ...unfinished, orderKey, endpointId: anEndpointId('a') }),
        aDelivery({
          ...unfinished,
          ...{ orderKey, endpointId: anEndpointId('b'), eventId: anEventId() },
          ...{ state: 'leased', leaseId: 'a-lease', leaseUntil: later(now, 2 * MINUTE_MS) },
        }),
        aDelivery({
          ...unfinished,
          ...{ orderKey, endpointId: anEndpointId('c'), eventId: anEventId() },
          ...{ state: 'dead', settledAt: later(now, 3), filterPending: true },
        }),
      ];

      for (const delivery of deliveries)
        expect(await given.eventLog.putDeliveryIfAbsent(delivery)).toBe(true);

      expect(await given.eventLog.deliveries(orderKey)).toEqual(expect.arrayContaining(deliveries));
    });

    it('can be read of one endpoint alone, oldest event first', async () => {
      const orderKey = anOrderKey();
      const [older, newer] = eventsOf(orderKey, 2);
      if (older === undefined || newer === undefined) throw new Error('there are two events');
      const to = (eventId: EventId, id: string) =>
        aDelivery({ orderKey, eventId, endpointId: anEndpointId(id) });
      const deliveries = [
        to(newer.eventId, 'a'),
        to(newer.eventId, 'b'),
        to(older.eventId, 'a'),
        to(older.eventId, 'ab'),
      ];
      for (const delivery of deliveries) await given.eventLog.putDeliveryIfAbsent(delivery);

      expect(await given.eventLog.deliveries(orderKey, anEndpointId('a'))).toEqual([
        deliveries[2],
        deliveries[0],
      ]);
      expect(await given.eventLog.deliveries(orderKey, anEndpointId('c'))).toEqual([]);
    });

    it('leaves the one that is there', async () => {
      const delivery = aDelivery();
      await given.eventLog.putDeliveryIfAbsent(delivery);

      expect(await given.eventLog.putDeliveryIfAbsent(aDelivery({ ...delivery, state: 'dead' }))).toBe(false);

      expect(await given.eventLog.deliveries(delivery.orderKey)).toEqual([delivery]);
    });

    it('keeps a pending delivery for however long it is owed', async () => {
      const delivery = aDelivery();
      await given.eventLog.putDeliveryIfAbsent(delivery);

      given.clock.advance(400 * DAY_MS);

      expect(await given.eventLog.deliveries(delivery.orderKey)).toEqual([delivery]);
    });

    it('keeps a settled delivery for 30 days', async () => {
      const delivery = aDelivery({ state: 'dead' });
      await given.eventLog.putDeliveryIfAbsent(delivery);

      given.clock.advance(29 * DAY_MS);
      expect(await given.eventLog.deliveries(delivery.orderKey)).toEqual([delivery]);
      given.clock.advance(2 * DAY_MS);
      expect(await given.eventLog.deliveries(delivery.orderKey)).toEqual([]);
    });

    it('is done by one of many at the same time', async () => {
      const delivery = aDelivery();

      const done = await Promise.all(
        Array.from({ length: 10 }, () => given.eventLog.putDeliveryIfAbsent(delivery)),
      );

      expect(done.filter(Boolean)).toHaveLength(1);
    });
  });

  describe('deliveries', () => {
    // A page of DynamoDB has at most 1 MB.
    it('gives more rows than a page has, oldest event first', async () => {
      const orderKey = anOrderKey();
      const answer = 'x'.repeat(2_560);
      const attempts = Array.from({ length: 10 }, () => ({
        at: given.clock.now(),
        durationMs: 1,
        status: 500,
        answer,
      }));
      const deliveries = eventsOf(orderKey, 12).flatMap(({ eventId }) =>
        ['a', 'b', 'c', 'd', 'e'].map((id) =>
          aDelivery({ orderKey, eventId, endpointId: anEndpointId(id), attempts, attemptCount: 10 }),
        ),
      );
      await Promise.all(deliveries.map((delivery) => given.eventLog.putDeliveryIfAbsent(delivery)));

      const found = await given.eventLog.deliveries(orderKey);

      const name = ({ eventId, endpointId }: Delivery) => `${eventId} ${endpointId}`;
      expect(found.map(name)).toEqual(deliveries.map(name));
    });

    it('gives none for an order without any', async () => {
      expect(await given.eventLog.deliveries(anOrderKey())).toEqual([]);
    });
  });

  describe('updateDelivery', () => {
    const unleased = { state: 'pending', leaseId: undefined } as const;

    it('sets and removes exactly what it is given', async () => {
      const delivery = aDelivery({ reason: 'endpoint-paused', nextAttemptAt: given.clock.now() });
      await given.eventLog.putDeliveryIfAbsent(delivery);
      const settledAt = given.clock.now();
      const attempts = [{ at: settledAt, durationMs: 20, status: 200, answer: '' }];

      const change = {
        state: 'delivered',
        reason: null,
        nextAttemptAt: null,
        settledAt,
        attempts,
      } as const;
      expect(await given.eventLog.updateDelivery(delivery, unleased, change)).toBe(true);

      const { reason: _, ...rest } = delivery;
      expect(await given.eventLog.deliveries(delivery.orderKey)).toEqual([
        aDelivery({ ...rest, state: 'delivered', settledAt, attempts }),
      ]);
    });

    it.each([
      ['the state is another', { state: 'dead', leaseId: 'mine' }],
      ['the lease is another', { state: 'leased', leaseId: 'theirs' }],
      ['there should be no lease', { state: 'leased', leaseId: undefined }],
    ] as const)('writes nothing when %s', async (_, only) => {
      const delivery = aDelivery({ state: 'leased', leaseId: 'mine' });
      await given.eventLog.putDeliveryIfAbsent(delivery);

      expect(await given.eventLog.updateDelivery(delivery, only, { reason: 'retry' })).toBe(false);

      expect(await given.eventLog.deliveries(delivery.orderKey)).toEqual([delivery]);
    });

    it('writes nothing when there should be a lease and is none', async () => {
      const delivery = aDelivery();
      await given.eventLog.putDeliveryIfAbsent(delivery);

      const only = { state: 'pending', leaseId: 'mine' } as const;
      expect(await given.eventLog.updateDelivery(delivery, only, { reason: 'retry' })).toBe(false);

      expect(await given.eventLog.deliveries(delivery.orderKey)).toEqual([delivery]);
    });

    it('takes a leased row without a lease id for one with an empty id', async () => {
      const delivery = aDelivery({ state: 'leased', leaseId: 'mine' });
      await given.eventLog.putDeliveryIfAbsent(delivery);
      const mine = { state: 'leased', leaseId: 'mine' } as const;
      await given.eventLog.updateDelivery(delivery, mine, { leaseId: null });

      const withoutId = { state: 'leased', leaseId: '' } as const;
      expect(await given.eventLog.updateDelivery(delivery, withoutId, { reason: 'retry' })).toBe(true);
      expect(await given.eventLog.deliveries(delivery.orderKey)).toMatchObject([withoutId]);
    });

    it('makes no row for a delivery that has none', async () => {
      const delivery = aDelivery();

      expect(await given.eventLog.updateDelivery(delivery, unleased, { reason: 'retry' })).toBe(false);

      expect(await given.eventLog.deliveries(delivery.orderKey)).toEqual([]);
    });

    it('keeps a delivery for 30 days from when it is settled', async () => {
      const delivery = aDelivery();
      await given.eventLog.putDeliveryIfAbsent(delivery);
      given.clock.advance(400 * DAY_MS);
      await given.eventLog.updateDelivery(delivery, unleased, { state: 'delivered' });

      given.clock.advance(29 * DAY_MS);
      expect(await given.eventLog.deliveries(delivery.orderKey)).toHaveLength(1);
      given.clock.advance(2 * DAY_MS);
      expect(await given.eventLog.deliveries(delivery.orderKey)).toEqual([]);
    });

    it('keeps a settled delivery as long as before when something else of it changes', async () => {
      const delivery = aDelivery({ state: 'dead' });
      await given.eventLog.putDeliveryIfAbsent(delivery);
      given.clock.advance(29 * DAY_MS);
      const only = { state: 'dead', leaseId: undefined } as const;
      await given.eventLog.updateDelivery(delivery, only, { attempts: [] });

      given.clock.advance(2 * DAY_MS);

      expect(await given.eventLog.deliveries(delivery.orderKey)).toEqual([]);
    });

    it('keeps a delivery that is made pending again for however long it is owed', async () => {
      const delivery = aDelivery({ state: 'dead' });
      await given.eventLog.putDeliveryIfAbsent(delivery);
      const only = { state: 'dead', leaseId: undefined } as const;
      await given.eventLog.updateDelivery(delivery, only, { state: 'pending' });

      given.clock.advance(400 * DAY_MS);

      expect(await given.eventLog.deliveries(delivery.orderKey)).toHaveLength(1);
    });

    it('gives the lease to one of many who want it at the same time', async () => {
      const delivery = aDelivery();
      await given.eventLog.putDeliveryIfAbsent(delivery);
      const leaseIds = Array.from({ length: 10 }, (_, index) => `lease-${index}`);

      const taken = await Promise.all(
        leaseIds.map((leaseId) =>
          given.eventLog.updateDelivery(delivery, unleased, { state: 'leased', leaseId }),
        ),
      );

      expect(taken.filter(Boolean)).toHaveLength(1);
      expect(await given.eventLog.deliveries(delivery.orderKey)).toMatchObject([
        { leaseId: leaseIds[taken.indexOf(true)] },
      ]);
    });
  });
}
