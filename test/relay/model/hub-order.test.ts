import { describe, expect, it } from 'vitest';
import { orderIdOfQuery, readAllItems, readOrder } from '../../../lib/relay/model/hub-order.ts';

const bytes = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));

describe('readOrder', () => {
  it('reads a body without its byte order mark, also after one that ends within a character', () => {
    const body = Buffer.from('\u{feff}{"Id":"é"}');

    expect(readOrder(body.subarray(0, -3))).toEqual({ noSnapshot: 'not JSON' });
    expect(readOrder(body)).toMatchObject({ orderId: 'é' });
  });

  it('takes the ids and what the record keeps of each item', () => {
    const body = {
      Id: '7-501853e1',
      NiceId: 'Magic7-501',
      Items: [
        {
          Sku: 'MUG-11',
          Product: 'Mug',
          Status: 'Shipped',
          TrackingNumber: '1Z999',
          Quantity: 2,
          Price: { Price: 9 },
        },
        { Sku: 'MUG-11', Status: 'New' },
      ],
      ShippingAddress: { FirstName: 'Ann', Email: 'ann@example.com' },
    };

    expect(readOrder(bytes(body))).toEqual({
      orderId: '7-501853e1',
      niceId: 'Magic7-501',
      items: [
        { sku: 'MUG-11', product: 'Mug', status: 'Shipped', trackingNumber: '1Z999' },
        { sku: 'MUG-11', status: 'New' },
      ],
    });
  });

  it.each([
    ['', 'empty'],
    [' \r\n', 'empty'],
    ['hello', 'not JSON'],
    ['{"Id":"1"', 'not JSON'],
    ['{“Id”:“1”}', 'not JSON'],
    ['orderid=1&test=true', 'not JSON'],
    ['[1,2]', 'not an order'],
    ['null', 'not an order'],
    ['7', 'not an order'],
    ['{}', 'not an order'],
  ])('says of %j that it is no snapshot: %s', (body, noSnapshot) => {
    expect(readOrder(bytes(body))).toEqual({ noSnapshot });
  });

  it.each(['{"Id":null}', '{"Other":1}'])('takes %s for a snapshot: every field may be missing', (body) => {
    expect(readOrder(bytes(body))).toEqual({});
  });

  it('takes fields of unexpected types for missing', () => {
    expect(readOrder(bytes({ Id: { a: 1 }, NiceId: null, Items: 'none' }))).toEqual({});
    expect(readOrder(bytes({ Id: '1', Items: [null, 3, { Sku: null, Status: ['New'] }] }))).toEqual({
      orderId: '1',
      items: [{}, {}, {}],
    });
  });

  it('takes a number for an id', () => {
    expect(readOrder(bytes({ Id: 12345 }))).toEqual({ orderId: '12345' });
  });

  it.each(['9007199254740993', '12345678901234567890', '1e400', '-0', '1.0'])(
    'reads the number %s digit for digit, in ids and in items',
    (number) => {
      const body = `{"Id":${number},"NiceId":${number},"Items":[{"Sku":${number},"TrackingNumber":${number}}]}`;

      expect(readOrder(bytes(body))).toEqual({
        orderId: number,
        niceId: number,
        items: [{ sku: number, trackingNumber: number }],
      });
    },
  );

  it('reads ids without the spaces at their ends', () => {
    expect(readOrder(bytes({ Id: ' 7 501\t', NiceId: '\u00a0Magic7-501\n' }))).toEqual({
      orderId: '7 501',
      niceId: 'Magic7-501',
    });
    expect(readOrder(bytes({ Id: '  ', NiceId: '\t' }))).toEqual({});
  });

  it('takes an empty id for none', () => {
    expect(readOrder(bytes({ Id: '', NiceId: '' }))).toEqual({});
  });

  it('stops the list of items at 16 KB and says how many are left out', () => {
    const order = readOrder(
      bytes({ Items: Array.from({ length: 5000 }, (_, n) => ({ Sku: `SKU-${n}`, Status: 'New' })) }),
    );

    expect(Buffer.byteLength(JSON.stringify(order.items))).toBeLessThan(17 * 1024);
    expect(order.items?.length).toBeGreaterThan(300);
    expect((order.items?.length ?? 0) + (order.itemsOmitted ?? 0)).toBe(5000);
  });

  it('keeps exactly 16 KB of items', () => {
    const withItemOf = (size: number) => bytes({ Items: [{ Sku: 'x'.repeat(size - '{"sku":""}'.length) }] });

    expect(readOrder(withItemOf(16_384)).items).toHaveLength(1);
    expect(readOrder(withItemOf(16_385))).toEqual({ items: [], itemsOmitted: 1 });
  });

  it('takes ids up to their limits', () => {
    const ids = (orderId: number, niceId: number) =>
      readOrder(bytes({ Id: 'x'.repeat(orderId), NiceId: 'y'.repeat(niceId) }));

    expect(ids(10_240, 1_024)).toEqual({ orderId: 'x'.repeat(10_240), niceId: 'y'.repeat(1_024) });
    expect(ids(10_241, 1_025)).toEqual({});
  });

  it('takes an id that no address could carry for none', () => {
    expect(readOrder(bytes({ Id: 'x'.repeat(20_000) }))).toEqual({});
    expect(readOrder(bytes({ Id: 'x'.repeat(5_000) })).orderId).toHaveLength(5_000);
  });

  it('replaces half a surrogate pair, which no database key can hold', () => {
    expect(readOrder(bytes('{"Id":"a\\ud800b"}'))).toEqual({ orderId: 'a\ufffdb' });
  });
});

describe('the tracking number of an item', () => {
  const trackingOf = (item: object) => readOrder(bytes({ Items: [item] })).items?.[0]?.trackingNumber;
  const shipments = (...numbers: unknown[]) => ({
    Shipments: numbers.map((TrackingNumber) => ({ TrackingNumber, Carrier: 'UPS' })),
  });

  it.each<[string, object, string | undefined]>([
    ['its own', { TrackingNumber: '1Z1' }, '1Z1'],
    ['that of its shipment', shipments('1Z1'), '1Z1'],
    ['those of its shipments, in whatever order they come', shipments('1Z2', '1Z1'), '1Z1, 1Z2'],
    [
      'its own and those of its shipments, each once',
      { TrackingNumber: '1Z2', ...shipments('1Z1', '1Z2') },
      '1Z2, 1Z1',
    ],
    ['a number in digits', shipments(940011), '940011'],
    ['none when the shipments have none', shipments('', null, undefined, {}), undefined],
    ['none when the shipments are no list', { Shipments: { TrackingNumber: '1Z1' } }, undefined],
    ['none when the shipments are no objects', { Shipments: [null, 7, 'x', [[]]] }, undefined],
  ])('is %s', (_, item, expected) => {
    expect(trackingOf({ Sku: 'MUG', ...item })).toBe(expected);
  });

  it('is that of twenty shipments at most', () => {
    const numbers = Array.from({ length: 100_000 }, (_, n) => `1Z${n}`);

    expect(trackingOf(shipments(...numbers))?.split(', ')).toHaveLength(20);
  });
});

describe('orderIdOfQuery', () => {
  it.each([
    ['orderid=12345', '12345'],
    ['a=1&OrderId=12345', '12345'],
    ['orderid=&orderid=7', '7'],
    ['orderid=7-5%2F01', '7-5/01'],
    ['orderid=a+b', 'a+b'],
    ['orderid=a=b', 'a=b'],
    ['orderid=%207-501%20', '7-501'],
    ['orderid=%20&orderid=7', '7'],
    ['orderid=100%', '100%'],
    ['orderid=%F0%9F%8E%81', '🎁'],
    ['orderid=%ff', '%ff'],
  ])('finds in %s the id %s', (query, id) => {
    expect(orderIdOfQuery(query)).toBe(id);
  });

  it.each(['', 'orderid', 'orderid=', 'orderid=%20%09', 'order=5', 'myorderid=5'])(
    'finds none in %j',
    (query) => {
      expect(orderIdOfQuery(query)).toBeUndefined();
    },
  );
});

describe('all items of an order', () => {
  const orderOf = (count: number) => bytes({ Items: Array(count).fill({ Sku: 7 }) });

  it('are read up to 10,000, however large', () => {
    expect(readAllItems(orderOf(10_000))).toEqual(Array(10_000).fill({ sku: '7' }));
    expect(readAllItems(orderOf(10_001))).toBeUndefined();
    expect(readAllItems(orderOf(0))).toEqual([]);
  });

  it.each(['', 'hello', '7', '{"Id":"1"}', '{"Items":"none"}'])('are not known of %j', (body) => {
    expect(readAllItems(bytes(body))).toBeUndefined();
  });
});
