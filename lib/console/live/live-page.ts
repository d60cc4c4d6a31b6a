/** The newest events and the outcomes of their deliveries, as they come; older events page by page. */
import { html } from 'hono/html';
import { listEvents } from '../../operator/events/events.ts';
import type { EventRecord } from '../../relay/model/event.ts';
import type { Html, Page, View } from '../console-env.ts';
import { changesText } from '../layout/changes-text.ts';
import { dataTable } from '../layout/data-table.ts';
import { emptyState } from '../layout/empty-state.ts';
import { liveRegion } from '../layout/live-region.ts';
import { outcomeList } from '../layout/outcome-list.ts';
import { showPage } from '../layout/page.ts';
import { pager } from '../layout/pager.ts';
import { exactTime } from '../layout/times.ts';
import { codeText, untrusted } from '../layout/untrusted.ts';
import { updatePath } from '../orders/order-path.ts';

const PATH = '/live';
const ROWS = 50;
/** A new row is marked for this long. */
const FRESH_MS = 5_000;

export const livePage: Page = {
  path: PATH,
  label: 'Live',
  mount(app, { connection }) {
    app.get(PATH, async (c) => {
      const { view } = c.var;
      const before = c.req.query('before');
      const { items, next } = await listEvents(connection, { before, limit: ROWS });
      const rows = eventTable(view, items);
      const content = html`${before === undefined ? liveHead() : html`<h1>Older events</h1>`}
${before === undefined ? liveRegion(view, { id: 'live-events', path: '/live/events', content: rows }) : rows}
${pager({ path: PATH, before, next })}`;
      return showPage(c, { title: 'Live', path: PATH, content });
    });
    app.get('/live/events', async (c) => {
      const { items } = await listEvents(connection, { limit: ROWS });
      return c.html(eventTable(c.var.view, items));
    });
  },
};

function liveHead(): Html {
  return html`<div class="head"><h1>Live</h1><button type="button" data-pause="live-events" aria-pressed="false">Pause</button></div>
<p class="quiet">The newest ${ROWS} events, newest first. Outcomes change while deliveries go on.</p>`;
}

function eventTable(view: View, events: readonly EventRecord[]): Html {
  if (events.length === 0)
    return emptyState('No event yet', 'Webhooks of the Hub appear here as soon as they arrive.');
  return dataTable({
    caption: 'Events',
    isCaptionHidden: true,
    stacksOnPhone: true,
    columns: ['Received', 'Order', 'Changes', 'Endpoints'],
    rows: events.map((event) => row(event, view)),
  });
}

function row(event: EventRecord, { now }: View): Html {
  const { eventId, receivedAt, source } = event;
  const isFresh = now.getTime() - receivedAt.getTime() < FRESH_MS;
  return html`<tr id="${eventId}" class="${isFresh ? 'fresh' : ''}">
<td>${exactTime(receivedAt)}</td>
<th scope="row"><a href="${updatePath(event)}">${codeText(event.niceId ?? event.orderId ?? 'no order id')}</a><br /><small class="quiet">${untrusted(source)}</small></th>
<td>${untrusted(changesText(event))}</td>
<td>${outcomeList(event)}</td>
</tr>`;
}
