/** A real order's life as the Hub tells it: the whole order each time one of its items moves on. */

export const ORDER_ID = '7-501853e1-8d78-4e1e-83a0-be9fb432efe1';

const PRODUCTS = [
  { Sku: 'Mug-11oz-White', ProductId: 21, Product: 'Mug, 11 oz, white', Price: 7.35 },
  { Sku: 'Poster-18x24', ProductId: 48, Product: 'Poster, 18 × 24 in', Price: 12.1 },
  { Sku: 'Mug-11oz-White', ProductId: 21, Product: 'Mug, 11 oz, white', Price: 7.35 },
] as const;

const TRACKING = ['1Z999AA10123456784', '9400111899223197428490', '1Z999AA10123456785'] as const;

/** One webhook: what the Hub sends, and how the terminal shows it. */
export interface Webhook {
  readonly statuses: readonly string[];
  readonly body: Uint8Array;
}

/** Bursts of webhooks in the order in which the Hub fires them: one for each item that moves on. */
export function orderLife(): Webhook[][] {
  const statuses = PRODUCTS.map(() => 'New');
  const bursts = [[webhook(statuses)]];
  // Which items move on together; the Hub does not always tell of each by itself.
  for (const [status, moves] of [
    ['ReadyForImageDl', [[0, 1, 2]]],
    ['Pending', [[0], [1, 2]]],
    ['InProduction', [[1], [0], [2]]],
    ['Shipped', [[0], [1], [2]]],
    ['Delivered', [[0, 2], [1]]],
  ] as const) {
    bursts.push(
      moves.map((items) => {
        for (const item of items) statuses[item] = status;
        return webhook(statuses);
      }),
    );
  }
  return bursts;
}

function webhook(statuses: readonly string[]): Webhook {
  return { statuses: [...statuses], body: Buffer.from(JSON.stringify(order(statuses), null, 2)) };
}

function order(statuses: readonly string[]) {
  const address = {
    FirstName: 'Zoë',
    LastName: 'Müller',
    Line1: '12 Long Lane',
    Line2: '',
    City: 'Springfield',
    State: 'OR',
    CountryCode: 'US',
    PostalCode: '97477',
    Phone: '555-0100',
    Email: 'zoe@example.com',
  };
  return {
    Id: ORDER_ID,
    NiceId: 'Magic7-501',
    Items: PRODUCTS.map(({ Price, ...product }, index) => ({
      ...product,
      Quantity: 1,
      Status: statuses[index],
      ...(isOnItsWay(statuses[index]) && { TrackingNumber: TRACKING[index] }),
      TrackingUrl: '',
      Price: money(Price),
      DiscountAmount: money(0),
    })),
    Total: money(31.75),
    ShippingTotal: money(4.95),
    ShippingAddress: address,
    BillingAddress: address,
  };
}

function isOnItsWay(status: string | undefined): boolean {
  return status === 'Shipped' || status === 'Delivered';
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
