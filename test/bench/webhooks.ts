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

/** The `step`th webhook, from zero, of an order's life. */
export function aWebhook(orderId: string, step: number): Webhook {
  const order = { ...LIFE[step % LIFE.length], Id: orderId, NiceId: `Bench-${orderId}` };
  return { orderId, body: Buffer.from(JSON.stringify(order, null, 2)) };
}

/** So many webhooks, {@link WEBHOOKS_PER_ORDER} of each order, the orders in turn. Order ids start with `name`. */
export function webhooksOf(name: string, count: number): Webhook[] {
  const orders = Math.ceil(count / WEBHOOKS_PER_ORDER);
  return Array.from({ length: count }, (_, index) =>
    aWebhook(`${name}-${index % orders}`, Math.floor(index / orders)),
  );
}
