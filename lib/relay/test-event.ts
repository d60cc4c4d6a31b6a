/** Test events: example orders that an operator sends to one endpoint. */

import { after, type Clock, type Random } from './model/clock.ts';
import type { EventKey } from './model/event.ts';
import { FAN_OUT_DUE_MS } from './model/event.ts';
import { readOrder } from './model/hub-order.ts';
import { type EndpointId, nextEventId, orderKeyOf, TESTS } from './model/ids.ts';
import type { EventLog } from './ports/event-log.ts';
import type { EventQueue } from './ports/queues.ts';

export interface TestingRelay {
  readonly clock: Clock;
  readonly random: Random;
  readonly eventLog: EventLog;
  readonly eventQueue: EventQueue;
}

/**
 * Stores an example order and enqueues it for fan-out. It takes the path of every event, but only to this endpoint. Its
 * source marks it as a test.
 */
export async function sendTestEvent(context: TestingRelay, endpointId: EndpointId): Promise<EventKey> {
  const now = context.clock.now();
  const eventId = nextEventId(context.clock, context.random, undefined);
  const key = { orderKey: orderKeyOf(TESTS, eventId), eventId };
  const body = Buffer.from(JSON.stringify(EXAMPLE_ORDER));
  const event = { ...key, source: TESTS, receivedAt: now, endpointId, ...readOrder(body) };
  await context.eventLog.putPayload(event, { contentType: 'application/json', body });
  await context.eventLog.putEvent(event, after(now, FAN_OUT_DUE_MS));
  await context.eventQueue.send(key);
  return key;
}

const money = (amount: number) => ({
  Price: amount,
  CurrencyCode: 'USD',
  FormattedPrice: `$${amount.toFixed(2)}`,
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the Hub's own placeholder
  CurrencyFormat: '${1}',
  CurrencyDigits: 2,
});

// Stryker disable StringLiteral: examples, which no code reads
const address = {
  FirstName: 'Test',
  LastName: 'Person',
  Line1: '1 Example Street',
  Line2: '',
  City: 'Exampleton',
  State: 'CA',
  CountryCode: 'US',
  PostalCode: '00000',
  Phone: '555-0100',
  Email: 'test@example.com',
};

/** Has every field that the Hub is known to send. */
const EXAMPLE_ORDER = {
  Id: 'test-00000000-0000-0000-0000-000000000000',
  NiceId: 'Test-1',
  Items: [
    {
      Sku: 'Mug-11oz-White',
      ProductId: 1,
      Product: 'Mugs',
      Quantity: 1,
      Status: 'Shipped',
      TrackingNumber: 'TEST0000000000',
      TrackingUrl: 'https://example.com/track/TEST0000000000',
      Price: money(12.5),
      DiscountAmount: money(0),
    },
    {
      Sku: 'Poster-18x24',
      ProductId: 2,
      Product: 'Posters',
      Quantity: 2,
      Status: 'InProduction',
      TrackingUrl: '',
      Price: money(20),
      DiscountAmount: money(0),
    },
  ],
  Total: money(57.49),
  ShippingTotal: money(4.99),
  ShippingAddress: address,
  BillingAddress: address,
};
