import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { sendTestEvent } from '../../lib/relay/test-event.ts';
import { anEndpointId } from '../ports/builders.ts';
import { aRelay } from './a-relay.ts';

const money = z.strictObject({
  Price: z.number(),
  CurrencyCode: z.literal('USD'),
  FormattedPrice: z.string().regex(/^\$\d+\.\d\d$/),
  CurrencyFormat: z.literal(`$${'{1}'}`),
  CurrencyDigits: z.literal(2),
});
const text = z.string().min(1);
const address = z.strictObject({
  ...{ FirstName: text, LastName: text, Line1: text, Line2: z.literal(''), City: text, State: text },
  ...{ CountryCode: text, PostalCode: text, Phone: text, Email: z.email().endsWith('example.com') },
});
const item = z.strictObject({
  ...{ Sku: text, ProductId: z.int(), Product: text, Quantity: z.int().min(1), Status: text },
  ...{ TrackingNumber: text.optional(), TrackingUrl: z.string(), Price: money, DiscountAmount: money },
});
/** Every field that the Hub is known to send. */
const order = z.strictObject({
  ...{ Id: text.startsWith('test-'), NiceId: text.startsWith('Test-'), Items: z.array(item).length(2) },
  ...{ Total: money, ShippingTotal: money, ShippingAddress: address, BillingAddress: address },
});

describe('a test event', () => {
  it('is stored as an event of its own order for one endpoint, owed to fan-out, and enqueued', async () => {
    const relay = aRelay();
    const erp = anEndpointId('erp');

    const key = await sendTestEvent(relay.relay, erp);

    expect(key.orderKey).toBe(`tests/${key.eventId}`);
    expect(await relay.event(key.eventId, key.orderKey)).toMatchObject({
      source: 'tests',
      endpointId: erp,
      receivedAt: relay.clock.now(),
      niceId: 'Test-1',
      items: [
        { sku: 'Mug-11oz-White', status: 'Shipped' },
        { sku: 'Poster-18x24', status: 'InProduction' },
      ],
    });
    expect(relay.eventQueue.take()).toEqual([key]);
  });

  it('has an example order as JSON, with every field that the Hub sends', async () => {
    const relay = aRelay();
    const key = await sendTestEvent(relay.relay, anEndpointId('erp'));

    const payload = await relay.eventLog.payload(key);

    expect(payload?.contentType).toBe('application/json');
    const parsed = order.parse(JSON.parse(Buffer.from(payload?.body ?? []).toString()));
    expect(parsed.Total).toMatchObject({ Price: 57.49, FormattedPrice: '$57.49' });
    const paid = parsed.Items.reduce((sum, { Price, Quantity }) => sum + Price.Price * Quantity, 0);
    expect(paid + parsed.ShippingTotal.Price).toBeCloseTo(parsed.Total.Price);
  });
});
