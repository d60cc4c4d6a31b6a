/** The contract of the queue ports. */
import { beforeEach, describe, expect, it } from 'vitest';
import { orderKeyOf } from '../../lib/relay/model/ids.ts';
import type {
  DeliveryMessage,
  DeliveryQueue,
  EventMessage,
  EventQueue,
} from '../../lib/relay/ports/queues.ts';
import { aDelivery, anEndpointId, anEvent, anOrderKey, aPayload, aSource, eventsOf } from './builders.ts';
import { HOSTILE_ORDER_IDS } from './hostile-order-ids.ts';

export interface EventQueueSubject {
  readonly queue: EventQueue;
  /** Receives and deletes all that can be received now. */
  take(): Promise<EventMessage[]>;
}

/** @param make gives an empty queue */
export function describeEventQueue(name: string, make: () => Promise<EventQueueSubject>): void {
  describe(name, () => {
    let queue: EventQueue;
    let take: EventQueueSubject['take'];
    beforeEach(async () => {
      ({ queue, take } = await make());
    });

    it('carries a wake-up', async () => {
      const message = wakeUp();

      await queue.send(message);

      expect(await take()).toEqual([message]);
    });

    it.each(Object.entries(HOSTILE_ORDER_IDS))('wakes an order whose id is %s', async (_, orderId) => {
      const message = wakeUp(anEvent({ orderKey: orderKeyOf(aSource, orderId) }));

      await queue.send(message);

      expect(await take()).toEqual([message]);
    });

    it('keeps the messages of one order in order', async () => {
      const messages = eventsOf(anOrderKey(), 12).map(wakeUp);

      for (const message of messages) await queue.send(message);

      expect(await take()).toEqual(messages);
    });

    it('swallows a second send of one event', async () => {
      const message = wakeUp();

      await queue.send(message);
      await queue.send(message);

      expect(await take()).toEqual([message]);
    });

    it('does not swallow what is sent again', async () => {
      const message = wakeUp();
      await queue.send(message);

      expect(await queue.enqueueAgain([message])).toEqual([]);
      expect(await queue.enqueueAgain([message])).toEqual([]);

      expect(await take()).toEqual([message, message, message]);
    });

    it('sends any number of messages again', async () => {
      const messages = eventsOf(anOrderKey(), 25).map(wakeUp);

      expect(await queue.enqueueAgain(messages)).toEqual([]);

      const taken = await take();
      expect(taken.map(({ eventId }) => eventId).sort()).toEqual(messages.map(({ eventId }) => eventId));
      expect(await queue.enqueueAgain([])).toEqual([]);
    });

    it('carries a whole event that is stored nowhere', async () => {
      const event = anEvent({
        orderId: '7\u0000🧵',
        niceId: 'Magic7-501',
        items: [{ sku: 'MUG-11', status: 'New' }],
        itemsOmitted: 2,
      });
      const payload = aPayload(Uint8Array.of(0, 255, 128, 10), 'application/octet-stream');
      const message = { ...wakeUp(event), fullEvent: { event, payload } };

      await queue.send(message);

      expect(await take()).toEqual([message]);
    });
  });
}

function wakeUp({ orderKey, eventId } = anEvent()): EventMessage {
  return { orderKey, eventId };
}

export interface DeliveryQueueSubject {
  readonly queue: DeliveryQueue;
  /** Receives and deletes all that can be received now. */
  take(): Promise<Omit<DeliveryMessage, 'delaySeconds'>[]>;
}

/** @param make gives an empty queue */
export function describeDeliveryQueue(name: string, make: () => Promise<DeliveryQueueSubject>): void {
  describe(name, () => {
    let queue: DeliveryQueue;
    let take: DeliveryQueueSubject['take'];
    beforeEach(async () => {
      ({ queue, take } = await make());
    });

    it('carries any number of messages', async () => {
      const keys = Array.from({ length: 25 }, (_, index) => key(`endpoint ${index} ünï`));

      expect(await queue.send(keys.map(at(0)))).toEqual([]);

      const taken = await take();
      expect(taken).toHaveLength(25);
      expect(taken).toEqual(expect.arrayContaining(keys));
    });

    it('holds a message back for its delay', async () => {
      const [soon, late] = [key('erp'), key('crm')];

      await queue.send([at(900)(late), at(0)(soon)]);

      expect(await take()).toEqual([soon]);
    });

    it('sends nothing when there is nothing', async () => {
      expect(await queue.send([])).toEqual([]);
      expect(await take()).toEqual([]);
    });
  });
}

function key(endpoint: string) {
  const { orderKey, eventId, endpointId } = aDelivery({ endpointId: anEndpointId(endpoint) });
  return { orderKey, eventId, endpointId };
}

const at = (delaySeconds: number) => (message: ReturnType<typeof key>) => ({ ...message, delaySeconds });
