/** The webhooks of the benches: orders whose items change their status. */
import { z } from 'zod';
import { orderLife } from '../../lib/demo/order-life.ts';

export interface Webhook {
  readonly orderId: string;
  readonly body: Uint8Array;
}

/** As in most orders: a few items that change their status one by one. */
const WEBHOOKS_PER_ORDER = 6;

const LIFE = orderLife()
  .flat()
  .map(({ body }) => z.looseObject({}).parse(JSON.parse(Buffer.from(body).toString())));

const itemsSchema = z.looseObject({ Items: z.array(z.unknown()) });

/**
 * The `step`th webhook, from zero, of an order's life.
 *
 * @param items the number of items; the three of the order, again and again
 */
export function aWebhook(orderId: string, step: number, items?: number): Webhook {
  const order = itemsSchema.parse(LIFE[step % LIFE.length]);
  const Items = Array.from(
    { length: items ?? order.Items.length },
    (_, index) => order.Items[index % order.Items.length],
  );
  const webhook = { ...order, Items, Id: orderId, NiceId: `Bench-${orderId}` };
  return { orderId, body: Buffer.from(JSON.stringify(webhook, null, 2)) };
}

/** So many webhooks, {@link WEBHOOKS_PER_ORDER} of each order, the orders in turn. Order ids start with `name`. */
export function webhooksOf(name: string, count: number): Webhook[] {
  const orders = Math.ceil(count / WEBHOOKS_PER_ORDER);
  return Array.from({ length: count }, (_, index) =>
    aWebhook(`${name}-${index % orders}`, Math.floor(index / orders)),
  );
}
