/** One order: a grid of its updates and the endpoints. */
import { html } from 'hono/html';
import { type OrderUpdates, orderUpdates } from '../../operator/orders/order-updates.ts';
import type { ConsoleApp, ConsoleContext, Html, PageContext, View } from '../console-env.ts';
import { liveRegion } from '../layout/live-region.ts';
import { showPage } from '../layout/page.ts';
import { pager } from '../layout/pager.ts';
import { codeText, untrusted } from '../layout/untrusted.ts';
import { itemTable } from './item-table.ts';
import { orderGrid } from './order-grid.ts';
import { ORDER_ROUTE, orderKeyOf, orderPath, updatePath } from './order-path.ts';

/** Fifty endpoints make a grid of a thousand cells. */
const UPDATES = 20;
/** A grid costs more reads than the newest events. */
const GRID_POLLS = 3;

export function mountOrder(app: ConsoleApp, { connection }: PageContext): void {
  const read = (c: ConsoleContext) =>
    orderUpdates(connection, orderKeyOf(c), { before: c.req.query('before'), limit: UPDATES });
  app.get(ORDER_ROUTE, async (c) => {
    const { view } = c.var;
    const before = c.req.query('before');
    const order = await read(c);
    return showPage(c, {
      title: `Order ${order.niceId ?? order.orderId ?? 'without an id'}`,
      path: '/orders',
      content: orderContent(view, order, before),
    });
  });
  app.get(`${ORDER_ROUTE}/grid`, async (c) => c.html(orderGrid(c.var.view, await read(c))));
}

function orderContent(view: View, order: OrderUpdates, before: string | undefined): Html {
  const { orderKey, orderId, niceId, source, items, next } = order;
  const [newest] = items;
  const path = orderPath(orderKey);
  const search = before === undefined ? '' : `?${new URLSearchParams({ before })}`;
  return html`<p class="trail"><a href="/orders">Orders</a></p>
<div class="head"><h1>Order ${codeText(niceId ?? orderId ?? 'without an id')}</h1>${
    view.isReadOnly || newest === undefined || before !== undefined
      ? ''
      : html`<a class="button" href="${updatePath(newest)}/send">Send the newest update again…</a>`
  }</div>
<p class="quiet">${orderId === undefined ? 'The webhook names no order.' : html`Order id ${codeText(orderId)} · `} Source ${untrusted(source)}</p>
${before === undefined ? snapshot(order) : ''}
<section aria-labelledby="updates-heading"><h2 id="updates-heading">Updates and endpoints</h2>
<p class="quiet">The newest update first. Open an update for its changes, its body and every attempt.</p>
${liveRegion(view, {
  id: 'grid',
  path: `${path}/grid${search}`,
  everySeconds: GRID_POLLS * view.pollSeconds,
  content: orderGrid(view, order),
})}
${pager({ path, before, next })}</section>`;
}

function snapshot({ items: updates }: OrderUpdates): Html {
  const newest = updates.find(({ items }) => items !== undefined);
  if (newest === undefined) return html``;
  return html`<section aria-labelledby="items-heading"><h2 id="items-heading">Items now</h2>${itemTable(newest)}</section>`;
}
