/** A sample order in the form of the Hub's webhooks. */

export interface SampleOrder {
  readonly orderId: string;
  readonly niceId: string;
  /** Of every item. */
  readonly status: string;
}

const PRODUCTS = [
  { Sku: 'Mug-11oz-White', ProductId: 21, Product: 'Mug, 11 oz, white', Price: 12.5 },
  { Sku: 'Poster-18x24', ProductId: 48, Product: 'Poster, 18 × 24 in', Price: 20 },
] as const;

const ADDRESS = {
  FirstName: 'Sample',
  LastName: 'Person',
  Line1: '1 Example Street',
  Line2: '',
  City: 'Exampleton',
  State: 'CA',
  CountryCode: 'US',
  PostalCode: '00000',
  Phone: '555-0100',
  Email: 'sample@example.com',
};

/** Shipped and delivered items have a tracking number. */
export function sampleOrder({ orderId, niceId, status }: SampleOrder): object {
  const isShipped = status === 'Shipped' || status === 'Delivered';
  return {
    Id: orderId,
    NiceId: niceId,
    Items: PRODUCTS.map(({ Price, ...product }, index) => ({
      ...product,
      Quantity: 1,
      Status: status,
      ...(isShipped && { TrackingNumber: `SAMPLE000000000${index + 1}` }),
      TrackingUrl: '',
      Price: money(Price),
      DiscountAmount: money(0),
    })),
    Total: money(37.49),
    ShippingTotal: money(4.99),
    ShippingAddress: ADDRESS,
    BillingAddress: ADDRESS,
  };
}

function money(amount: number) {
  return {
    Price: amount,
    CurrencyCode: 'USD',
    FormattedPrice: `$${amount.toFixed(2)}`,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the Hub's own form
    CurrencyFormat: '${1}',
    CurrencyDigits: 2,
  };
}
