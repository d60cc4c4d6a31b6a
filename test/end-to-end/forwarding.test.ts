import { beforeAll, describe, expect, it } from 'vitest';
import { addEndpoint } from '../../lib/operator/endpoints/endpoints.ts';
import { addSource } from '../../lib/operator/sources/sources.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { HOSTILE_ORDER_IDS } from '../ports/hostile-order-ids.ts';
import { type Arrival, type Receiver, startReceiver } from './a-receiver.ts';
import { useRelayOn } from './a-relay-on.ts';
import { ENGINES } from './engines.ts';
import { anOrder, sendAccepted, type Webhook } from './the-hub.ts';

/** The path in an endpoint's row, and the path of the request. ID stands for the order id. */
const URLS: readonly (readonly [string, string])[] = [
  ['/hook?orderid=', '/hook?orderid=ID'],
  ['/any-case?OrderID=', '/any-case?OrderID=ID'],
  ['/no-equals-sign?orderid', '/no-equals-sign?orderid=ID'],
  ['/between?key=x%20y&orderid=&flag', '/between?key=x%20y&orderid=ID&flag'],
  ['/no-query', '/no-query?orderid=ID'],
  ['/other-query?b=2&a=1%2C', '/other-query?b=2&a=1%2C&orderid=ID'],
  ['/taken?orderid=7', '/taken?orderid=7&orderid=ID'],
];

describe.each(ENGINES)('on %s', (engine) => {
  const relay = useRelayOn(engine);
  let receiver: Receiver;
  let address: string;
  beforeAll(async () => {
    receiver = await startReceiver();
    for (const [url] of URLS) {
      // With the default ordering, an endpoint does not receive a body that is no order.
      const attributes = { url: receiver.url + url, ordering: 'none' };
      await addEndpoint(relay().connection, url.replace(/\?.*/, ''), attributes);
    }
    ({ address } = await addSource(relay().connection, 'hub'));
    return () => receiver.stop();
  });

  /** Sends a webhook, and waits until every endpoint has it. */
  async function forwarded(webhook: Webhook): Promise<{ eventId: string; arrivals: Arrival[] }> {
    const eventId = await sendAccepted(address, webhook);
    const arrived = () => receiver.arrivals.filter((arrival) => arrival.eventId === eventId);
    await expect.poll(() => arrived().length).toBe(URLS.length);
    return { eventId, arrivals: arrived() };
  }

  function expectedUrls(orderId: string): string[] {
    return URLS.map(([, url]) =>
      url.replace(/ID$|ID(?=&)/, encodeURIComponent(orderId.toWellFormed())),
    ).sort();
  }

  const EVERY_BYTE = Buffer.from(Array.from({ length: 256 }, (_, value) => value));

  const MULTIPART = Buffer.concat([
    Buffer.from('--b\r\ncontent-disposition: form-data; name="file"; filename="ü.bin"\r\n\r\n'),
    EVERY_BYTE,
    Buffer.from('\r\n--b--\r\n'),
  ]);

  function itemsOf(count: number, filler = '') {
    return Array.from({ length: count }, (_, index) => ({
      Sku: `Mug-${index % 7}`,
      Product: `Mug ${filler}`,
      Status: index % 2 ? 'Shipped' : 'InProduction',
      TrackingNumber: `1Z${index}`,
    }));
  }

  function json(value: unknown): Webhook {
    return { contentType: 'application/json', body: Buffer.from(JSON.stringify(value)) };
  }

  /** Under a text content type, the local API passes a body that is not UTF-8 to the functions without change. */
  const BODIES: readonly (readonly [string, Webhook])[] = [
    ['an order', { contentType: 'application/json', body: anOrder('7-501') }],
    [
      'UTF-8 behind a byte order mark',
      {
        contentType: 'application/json; charset=utf-8',
        body: Buffer.from('\ufeff{"Id":"7","City":"Zürich 🧵"}'),
      },
    ],
    [
      'text in ISO 8859-1',
      { contentType: 'text/plain; charset=iso-8859-1', body: Buffer.from('Zürich', 'latin1') },
    ],
    [
      'XML in ISO 8859-1',
      {
        contentType: 'application/xml',
        body: Buffer.from('<?xml version="1.0" encoding="iso-8859-1"?><c>Zürich</c>', 'latin1'),
      },
    ],
    ['every byte there is', { contentType: 'application/octet-stream', body: EVERY_BYTE }],
    [
      'a form',
      { contentType: 'application/x-www-form-urlencoded', body: Buffer.from('Id=7&City=Z%FCrich+West&x=') },
    ],
    ['a form with a file', { contentType: 'multipart/form-data; boundary=b', body: MULTIPART }],
    ['an order without a content type', { body: anOrder('7-502') }],
    ['bytes without a content type', { orderId: '7-503', body: EVERY_BYTE }],
    [
      'an empty body that came with an order id',
      { orderId: '7-504', contentType: 'application/json', body: new Uint8Array() },
    ],
    ['an order of 5,000 items', json({ Id: '7-505', Items: itemsOf(5_000) })],
    ['3 MB of JSON', json({ Id: '7-506', Items: itemsOf(3_000, 'white, '.repeat(140)) })],
    [
      'what says that it is JSON and is not',
      { contentType: 'application/json', body: Buffer.from('{"Id": "7') },
    ],
    ['JSON that is no order', json([1, null, { Id: 7 }])],
    ['an order whose every field is of a wrong type', json({ Id: ['7'], NiceId: false, Items: { Sku: 1 } })],
    [
      'an order as nobody would write it again',
      {
        contentType: 'Application/JSON;charset="UTF-8"; v=1',
        body: Buffer.from(
          '{ "Id":"7-507",\r\n\t"Id" :"7-508","Total":1.50e+2 , "Big":12345678901234567890}\n\n',
        ),
      },
    ],
  ];

  describe('what an endpoint receives', () => {
    it.each(BODIES)('is %s, byte for byte and under the same content type', async (_, webhook) => {
      const { body = Buffer.of(), contentType } = webhook;

      const { arrivals } = await forwarded(webhook);

      for (const arrival of arrivals) {
        expect(arrival.method).toBe('POST');
        expect(arrival.headers['content-type']).toBe(contentType);
        expect(arrival.body.length).toBe(body.length);
        // Not `toEqual`, which would print megabytes.
        expect(arrival.body.equals(body)).toBe(true);
      }
    });

    it('says which event it is and when it was sent, and nothing of what the sender said', async () => {
      const before = Math.floor(Date.now() / 1000);

      const { eventId, arrivals } = await forwarded({
        orderId: '7-1',
        contentType: 'application/json',
        body: new Uint8Array(),
      });

      for (const { headers } of arrivals) {
        expect(headers).toEqual({
          host: new URL(receiver.url).host,
          connection: expect.any(String),
          'content-length': '0',
          'content-type': 'application/json',
          'user-agent': `sensaria-relay/${packageJson.version}`,
          'webhook-id': eventId,
          'webhook-timestamp': expect.stringMatching(/^\d+$/),
        });
        expect(Number(headers['webhook-timestamp'])).toBeGreaterThanOrEqual(before);
        expect(Number(headers['webhook-timestamp'])).toBeLessThanOrEqual(Date.now() / 1000);
      }
    });

    it.each([
      ['from the address', (orderId: string): Webhook => ({ orderId, body: anOrder('another') })],
      ['from the body', (orderId: string): Webhook => json({ Id: orderId })],
    ])('has the order id %s where its URL wants it, percent-encoded', async (_, webhookOf) => {
      const orderId = 'Ü/7 +1&x=#?%';

      const { arrivals } = await forwarded(webhookOf(orderId));

      expect(arrivals.map(({ url }) => url).sort()).toEqual(expectedUrls(orderId));
    });

    it.each(Object.entries(HOSTILE_ORDER_IDS))('has an order id that is %s', async (_, orderId) => {
      const { arrivals } = await forwarded(json({ Id: orderId }));

      expect(arrivals.map(({ url }) => url).sort()).toEqual(expectedUrls(orderId));
    });

    it('has an order id of 5,000 characters that came in the address', async () => {
      const orderId = 'o'.repeat(5_000);

      const { arrivals } = await forwarded({ orderId });

      expect(arrivals.map(({ url }) => url).sort()).toEqual(expectedUrls(orderId));
    });

    it('comes to the very URL of its row when nothing names an order', async () => {
      const { arrivals } = await forwarded(json({ Items: [] }));

      expect(arrivals.map(({ url }) => url).sort()).toEqual(URLS.map(([url]) => url).sort());
    });
  });
});
