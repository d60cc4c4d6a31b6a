/** The contract of the EventLog port for owed work: it is found when overdue, and only one caller postpones it. */
import { describe, expect, it } from 'vitest';
import { after as later } from '../../lib/relay/model/clock.ts';
import { attentionOf } from '../../lib/relay/model/delivery.ts';
import type { EventRecord } from '../../lib/relay/model/event.ts';
import { aDelivery, anEndpointId, anEvent, anOrderKey } from './builders.ts';
import { type EventLogSubject, listOf, MINUTE_MS, useEventLog } from './event-log-subject.ts';

export function describeOwing(make: () => Promise<EventLogSubject>): void {
  const given = useEventLog(make);

  describe('owed', () => {
    const minutesFromNow = (minutes: number) => later(given.clock.now(), minutes * MINUTE_MS);
    const owe = (owedTo: string, due: Date) => {
      const delivery = aDelivery({ orderKey: anOrderKey(), owedTo, dueAt: due });
      return given.eventLog.putDeliveryIfAbsent(delivery);
    };
    const dueOf = async (owedTo: string, before: Date, limit = 100) =>
      (await given.eventLog.owed(owedTo, before, limit)).map((item) => item.dueAt);

    it('gives what was due before a moment, the longest overdue first', async () => {
      for (const minutes of [3, 1, 2, 4]) await owe('erp', minutesFromNow(minutes));

      expect(await dueOf('erp', minutesFromNow(3))).toEqual([minutesFromNow(1), minutesFromNow(2)]);
    });

    it('gives nothing between a moment and an earlier one', async () => {
      await owe('erp', minutesFromNow(2));

      expect(await given.eventLog.owed('erp', minutesFromNow(1), 10, minutesFromNow(3))).toEqual([]);
      expect(await given.eventLog.owed('erp', minutesFromNow(3), 10, minutesFromNow(3))).toEqual([]);
    });

    it('gives one list alone', async () => {
      await owe('erp', minutesFromNow(1));
      await owe('crm', minutesFromNow(2));
      await owe(attentionOf(anEndpointId('erp')), minutesFromNow(3));

      expect(await dueOf('erp', given.farFuture())).toEqual([minutesFromNow(1)]);
      expect(await dueOf('attention#erp', given.farFuture())).toEqual([minutesFromNow(3)]);
    });

    it('gives no more than the limit, and nothing of the rest is lost', async () => {
      await Promise.all(Array.from({ length: 120 }, (_, index) => owe('erp', minutesFromNow(index))));

      expect(await dueOf('erp', given.farFuture(), 100)).toHaveLength(100);
      expect(await dueOf('erp', given.farFuture(), 200)).toHaveLength(120);
    });

    it('gives nothing that was due before another moment, when one is named', async () => {
      for (const minutes of [1, 2, 3]) await owe('erp', minutesFromNow(minutes));

      const items = await given.eventLog.owed('erp', given.farFuture(), 10, minutesFromNow(2));

      expect(items.map(({ dueAt }) => dueAt)).toEqual([minutesFromNow(2), minutesFromNow(3)]);
    });

    it('names the delivery', async () => {
      const endpointId = anEndpointId('ünï code');
      const delivery = aDelivery({ endpointId });
      await given.eventLog.putDeliveryIfAbsent(delivery);

      const { orderKey, eventId, dueAt: due } = delivery;
      expect(await given.eventLog.owed(endpointId, given.farFuture(), 10)).toEqual([
        { kind: 'delivery', orderKey, eventId, endpointId, owedTo: endpointId, dueAt: due },
      ]);
    });

    it('leaves out a delivery that is owed no longer', async () => {
      const delivery = aDelivery();
      await given.eventLog.putDeliveryIfAbsent(delivery);
      await given.eventLog.updateDelivery(
        delivery,
        { state: 'pending', leaseId: undefined },
        { owedTo: null, dueAt: null },
      );

      expect(await dueOf('erp', given.farFuture())).toEqual([]);
    });
  });

  describe('postpone', () => {
    async function owedItem(event: EventRecord) {
      const [item] = await given.eventLog.owed(listOf(event), given.farFuture(), 1);
      if (item === undefined) throw new Error('nothing is owed');
      return item;
    }

    it('moves the moment on', async () => {
      const event = anEvent();
      await given.store(event);
      const moment = later(given.dueAt(), MINUTE_MS);

      expect(await given.eventLog.postpone(await owedItem(event), moment)).toBe(true);

      expect((await owedItem(event)).dueAt).toEqual(moment);
    });

    it('moves that of a delivery on and leaves all else', async () => {
      const delivery = aDelivery({ leaseId: 'a-lease', nextAttemptAt: given.clock.now() });
      await given.eventLog.putDeliveryIfAbsent(delivery);
      const [item] = await given.eventLog.owed(delivery.endpointId, given.farFuture(), 1);

      expect(item && (await given.eventLog.postpone(item, given.dueAt()))).toBe(true);

      expect(await given.eventLog.deliveries(delivery.orderKey)).toEqual([
        { ...delivery, dueAt: given.dueAt() },
      ]);
    });

    it('is refused once the item was fanned out', async () => {
      const event = anEvent();
      await given.store(event);
      const item = await owedItem(event);
      await given.eventLog.finishFanOut(event, { changes: [], outcomes: {}, fannedOutAt: given.clock.now() });

      expect(await given.eventLog.postpone(item, given.dueAt())).toBe(false);

      expect(await given.eventLog.owed(listOf(event), given.farFuture(), 1)).toEqual([]);
    });

    it('is done by one of many at the same time', async () => {
      const event = anEvent();
      await given.store(event);
      const item = await owedItem(event);
      const moments = Array.from({ length: 10 }, (_, index) => later(given.dueAt(), index + 1));

      const moved = await Promise.all(moments.map((moment) => given.eventLog.postpone(item, moment)));

      expect(moved.filter(Boolean)).toHaveLength(1);
    });
  });
}
