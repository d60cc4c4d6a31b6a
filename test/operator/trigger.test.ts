import { describe, expect, it } from 'vitest';
import { sampleOrder } from '../../lib/operator/events/sample-order.ts';
import { statusesUntil, trigger } from '../../lib/operator/events/trigger.ts';
import { readOrder } from '../../lib/relay/model/hub-order.ts';
import { MemoryClock } from '../memory/clock.ts';
import { MemoryEventLog } from '../memory/event-log.ts';
import { MemoryEventReader } from '../memory/event-reader.ts';
import { anEndpointId, anEvent, anEventId } from '../ports/builders.ts';
import { anHttpServer } from './http-server.ts';

describe('the way of a sample order', () => {
  it.each([
    ['New', ['New']],
    ['inproduction', ['New', 'ReadyForImageDl', 'Pending', 'InProduction']],
    ['Hold', ['New', 'Hold']],
  ])('leads to %s', (status, statuses) => {
    expect(statusesUntil(status)).toEqual(statuses);
  });

  it.each(['', 'on hold', 'x'.repeat(65)])('leads to no %j', (status) => {
    expect(() => statusesUntil(status)).toThrow('status must be one word, such as Shipped');
  });
});

describe('a sample order', () => {
  it('is one that the relay can read, with a tracking number once it is shipped', () => {
    const read = (status: string) =>
      readOrder(
        Buffer.from(JSON.stringify(sampleOrder({ orderId: 'sample-1', niceId: 'Sample-1', status }))),
      );

    expect(read('New')).toMatchObject({
      orderId: 'sample-1',
      niceId: 'Sample-1',
      items: [{ status: 'New' }, { status: 'New' }],
    });
    expect(read('New').items?.[0]).not.toHaveProperty('trackingNumber');
    expect(read('Shipped').items?.[0]).toMatchObject({ trackingNumber: 'SAMPLE0000000001' });
  });
});

describe('a triggered order', () => {
  it('is shown with the outcomes of its deliveries, once they have ended', async () => {
    const clock = new MemoryClock();
    const eventLog = new MemoryEventLog(clock);
    const event = anEvent({ eventId: anEventId(clock) });
    const server = await anHttpServer({ body: JSON.stringify({ eventId: event.eventId }) });
    const erp = anEndpointId('erp');
    const pending = { state: 'pending' } as const;
    await eventLog.putEvent(event, clock.now());
    await eventLog.finishFanOut(event, {
      changes: [],
      outcomes: { [erp]: pending },
      fannedOutAt: clock.now(),
    });
    clock.sleep = async (durationMs) => {
      clock.advance(durationMs);
      await eventLog.recordOutcome(event, erp, { state: 'delivered', status: 200 }, pending);
    };
    const connection = { clock, eventLog, eventReader: new MemoryEventReader(eventLog) };
    const address = `${server.url}/webhooks/x?orderid=`;

    const events = await Array.fromAsync(trigger(connection, { address, status: 'New' }));

    expect(server.requests).toMatchObject([{ url: expect.stringMatching(/orderid=sample-/) }]);
    expect(events).toMatchObject([
      { status: 'New', eventId: event.eventId, event: { outcomes: { erp: { state: 'delivered' } } } },
    ]);
  });

  it('goes no further when the relay refuses it', async () => {
    const server = await anHttpServer({ status: 503, body: '{"message":"try again"}' });
    const eventLog = new MemoryEventLog(new MemoryClock());
    const connection = {
      ...{ clock: new MemoryClock(), eventLog, eventReader: new MemoryEventReader(eventLog) },
    };
    const walk = trigger(connection, { address: `${server.url}/?orderid=`, status: 'Shipped' });

    await expect(Array.fromAsync(walk)).rejects.toThrow('the relay answered 503: try again');
    expect(server.requests).toHaveLength(1);
  });
});

describe('the statuses that trigger sends', () => {
  it.each([
    ['Shiped', 'Shipped'],
    ['inproductoin', 'InProduction'],
  ])('are refused with a suggestion for the typo %s', (typo, meant) => {
    expect(() => statusesUntil(typo)).toThrow(`did you mean ${meant}?`);
  });
});
