import { describe, expect, it } from 'vitest';
import { sampleOrder } from '../../lib/operator/events/sample-order.ts';
import { statusesUntil } from '../../lib/operator/events/trigger.ts';
import { readOrder } from '../../lib/relay/model/hub-order.ts';

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
