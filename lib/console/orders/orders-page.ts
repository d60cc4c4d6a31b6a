/** Orders: find one by any of its ids, see what became of each update, and send updates again. */
import { html } from 'hono/html';
import { z } from 'zod';
import { searchOrders } from '../../operator/orders/order-search.ts';
import { recentOrders } from '../../operator/orders/recent-orders.ts';
import type { ConsoleContext, Html, Page, PageContext } from '../console-env.ts';
import { grouped } from '../layout/counts.ts';
import { emptyState } from '../layout/empty-state.ts';
import { showPage } from '../layout/page.ts';
import { pager } from '../layout/pager.ts';
import { exactTime } from '../layout/times.ts';
import { untrusted } from '../layout/untrusted.ts';
import { mountOrder } from './order-page.ts';
import { orderPath } from './order-path.ts';
import { orderTable } from './order-table.ts';
import { mountSendAgain } from './send-again.ts';
import { mountUpdate } from './update-page.ts';

const PATH = '/orders';
const ROWS = 25;

const querySchema = z.object({ q: z.string().trim().default(''), before: z.string().optional() });
type Query = z.output<typeof querySchema>;

export const ordersPage: Page = {
  path: PATH,
  label: 'Orders',
  mount(app, context) {
    app.get(PATH, async (c) => {
      const query = querySchema.parse(c.req.query());
      return query.q === '' ? showRecent(c, context, query) : showFound(c, context, query);
    });
    mountOrder(app, context);
    mountUpdate(app, context);
    mountSendAgain(app, context);
  },
};

async function showRecent(c: ConsoleContext, { connection }: PageContext, { before }: Query) {
  const { items, next } = await recentOrders(connection, { before, limit: ROWS });
  const isEmpty = items.length === 0 && next === undefined;
  const content = html`<h1>Orders</h1>${searchBox('')}
<h2>${before === undefined ? 'Changed last' : 'Changed earlier'}</h2>
${
  isEmpty
    ? emptyState(
        before === undefined ? 'No order yet' : 'No earlier order',
        before === undefined
          ? html`Orders appear here with the Hub’s first webhook. <a href="/">The start page</a> shows how far the relay is set up.`
          : html`Events are stored for 30 days by default. <a href="${PATH}">Show the newest orders</a>`,
      )
    : orderTable(c.var.view, 'Orders, the last changed first', items)
}
${pager({ path: PATH, before, next })}`;
  return showPage(c, { title: 'Orders', path: PATH, content });
}

async function showFound(c: ConsoleContext, { connection }: PageContext, { q, before }: Query) {
  const { items, next, searched } = await searchOrders(connection, { text: q, before, limit: ROWS });
  const [only, ...others] = items;
  const isWholeId = [only?.orderId, only?.niceId, only?.eventId].some(
    (id) => id?.toLowerCase() === q.toLowerCase(),
  );
  if (before === undefined && only !== undefined && others.length === 0 && isWholeId)
    return c.redirect(orderPath(only.orderKey), 303);
  // The rows say what became of the update that was found.
  const events = await connection.eventReader.eventsOf(items);
  const older = next && `${PATH}?${new URLSearchParams({ q, before: next })}`;
  const content = html`<h1>Orders</h1>${searchBox(q)}
<h2>Orders with ${untrusted(q)} in an id</h2>
${
  events.length === 0
    ? emptyState('No order found', notFoundHint(searched.since, older))
    : orderTable(c.var.view, 'Found orders', events)
}
${
  searched.since === undefined
    ? ''
    : html`<p class="quiet">Searched ${grouped(searched.events)} events, back to ${exactTime(searched.since)}.</p>`
}
${pager({ path: PATH, query: { q }, before, next })}`;
  return showPage(c, { title: `Orders: ${q}`, path: PATH, content });
}

function notFoundHint(since: Date | undefined, older: string | undefined): Html | string {
  if (older !== undefined && since !== undefined)
    return html`Not in the newest events. <a href="${older}">Search further back</a>`;
  return html`Check the id, or try a part of it. Events are stored for 30 days by default. <a href="${PATH}">Show the newest orders</a>`;
}

function searchBox(text: string): Html {
  return html`<form method="get" action="${PATH}" role="search" class="search">
<label for="q">Order id, nice id or event id, or a part of one</label>
<div class="line"><input id="q" name="q" type="search" value="${text}" autocomplete="off" spellcheck="false" maxlength="300" /><button class="primary">Search</button></div>
</form>`;
}
