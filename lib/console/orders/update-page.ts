/** One update of an order: what changed, every attempt at every endpoint, and the body when a person asks for it. */
import { html } from 'hono/html';
import { readEventBody } from '../../operator/events/event-body.ts';
import { type OrderUpdate, orderUpdate } from '../../operator/orders/order-updates.ts';
import type { ConsoleApp, Html, PageContext, View } from '../console-env.ts';
import { counted } from '../layout/counts.ts';
import { liveRegion } from '../layout/live-region.ts';
import { showPage } from '../layout/page.ts';
import { exactTime } from '../layout/times.ts';
import { codeText, untrusted } from '../layout/untrusted.ts';
import { bodyView } from './body-view.ts';
import { deliveryList } from './delivery-list.ts';
import { changeTable, itemTable } from './item-table.ts';
import { orderPath, UPDATE_ROUTE, updateKeyOf, updatePath } from './order-path.ts';

const POLLS = 2;

export function mountUpdate(app: ConsoleApp, { connection }: PageContext): void {
  app.get(UPDATE_ROUTE, async (c) => {
    const { view } = c.var;
    const update = await orderUpdate(connection, updateKeyOf(c));
    const { endpoint, asked, sent } = c.req.query();
    const content = html`${sentNotice(asked, sent)}${updateContent(view, update, endpoint)}`;
    return showPage(c, { title: 'Update', path: '/orders', content });
  });
  app.get(`${UPDATE_ROUTE}/deliveries`, async (c) => {
    const update = await orderUpdate(connection, updateKeyOf(c));
    return c.html(deliveryList(c.var.view, update, c.req.query('endpoint')));
  });
  app.get(`${UPDATE_ROUTE}/body`, async (c) => {
    const key = updateKeyOf(c);
    const content = bodyView(await readEventBody(connection, key));
    if (c.req.header('hx-request') === 'true') return c.html(content);
    const back = html`<p class="trail"><a href="${updatePath(key)}">Back to the update</a></p><h1>Body</h1>`;
    return showPage(c, { title: 'Body', path: '/orders', content: html`${back}${content}` });
  });
}

/** After a redirect, so that reloading the page sends nothing again. */
function sentNotice(asked = '', sent = ''): Html {
  if (!/^\d{1,4}$/.test(asked) || !/^\d{1,4}$/.test(sent)) return html``;
  const [all, done] = [Number(asked), Number(sent)];
  const missing = all - done;
  return html`<p class="notice ${missing > 0 ? 'warn' : 'good'}" role="status">The update is sent again to ${counted(done, 'endpoint')}. This page shows what becomes of it.${
    missing > 0
      ? ` Not to ${counted(missing, 'endpoint')}: what they have changed meanwhile, or they take nothing now.`
      : ''
  }</p>`;
}

function updateContent(view: View, update: OrderUpdate, chosen: string | undefined): Html {
  const { event } = update;
  const path = updatePath(event);
  const search = chosen === undefined ? '' : `?${new URLSearchParams({ endpoint: chosen })}`;
  const { niceId, orderId, orderKey } = event;
  return html`<p class="trail"><a href="/orders">Orders</a> › <a href="${orderPath(orderKey)}">Order ${untrusted(niceId ?? orderId ?? 'without an id')}</a></p>
<div class="head"><h1>Update of ${exactTime(event.receivedAt)}</h1>${
    view.isReadOnly ? '' : html`<a class="button" href="${path}/send">Send again…</a>`
  }</div>
<p class="quiet">Event id ${codeText(event.eventId)}</p>
<section aria-labelledby="changes-heading"><h2 id="changes-heading">Changes</h2>${changes(update)}</section>
<section aria-labelledby="delivery"><h2 id="delivery" tabindex="-1">Endpoints</h2>
${liveRegion(view, {
  id: 'deliveries',
  path: `${path}/deliveries${search}`,
  everySeconds: POLLS * view.pollSeconds,
  content: deliveryList(view, update, chosen),
})}</section>
<section aria-labelledby="body-heading"><h2 id="body-heading">Body</h2>
<div id="body"><p>The body contains personal data, such as the customer’s name and address. It is read only when you ask for it.</p>
<a class="button" href="${path}/body" hx-get="${path}/body" hx-target="#body" hx-swap="innerHTML">Show the body</a></div></section>`;
}

function changes({ event }: OrderUpdate): Html {
  if (event.noSnapshot !== undefined)
    return html`<p>The webhook contains no order: its body is ${event.noSnapshot}.</p>`;
  if (event.changes === undefined)
    return html`<p class="quiet">The changes are known when the update is sent.</p>${itemTable(event)}`;
  return html`${changeTable(event)}<details><summary>All items of this update</summary>${itemTable(event)}</details>`;
}
