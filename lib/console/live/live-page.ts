/** The newest events and the outcomes of their deliveries, as they come. */
import { html } from 'hono/html';
import type { Connection } from '../../operator/connection.ts';
import { listEvents } from '../../operator/events/events.ts';
import type { EventRecord } from '../../relay/model/event.ts';
import type { Html, Page, View } from '../console-env.ts';
import { changesText } from '../layout/changes-text.ts';
import { dataTable } from '../layout/data-table.ts';
import { emptyState } from '../layout/empty-state.ts';
import { liveRegion } from '../layout/live-region.ts';
import { outcomeList } from '../layout/outcome-list.ts';
import { showPage } from '../layout/page.ts';
import { exactTime } from '../layout/times.ts';
import { codeText, untrusted } from '../layout/untrusted.ts';

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
      const rows = await liveRows(connection, view);
      const content = html`<div class="head"><h1>Live</h1><button type="button" data-pause="live-events" aria-pressed="false">Pause</button></div>
<p class="quiet">The newest ${ROWS} events, newest first. Outcomes change while deliveries go on. ${
        view.pollSeconds === 1 ? '' : html`The page asks for news every ${view.pollSeconds} s.`
      }</p>
${liveRegion(view, { id: 'live-events', path: '/live/events', content: rows })}`;
      return showPage(c, { title: 'Live', path: PATH, content });
    });
    app.get('/live/events', async (c) => c.html(await liveRows(connection, c.var.view)));
  },
};

async function liveRows(connection: Connection, view: View): Promise<Html> {
  const { items: events } = await listEvents(connection, { limit: ROWS });
  if (events.length === 0)
    return emptyState('No event yet', 'Webhooks of the Hub appear here as soon as they arrive.');
  return dataTable({
    caption: 'Newest events',
    isCaptionHidden: true,
    stacksOnPhone: true,
    columns: ['Received', 'Order', 'What changed', 'Endpoints'],
    rows: events.map((event) => row(event, view)),
  });
}

function row(event: EventRecord, { now }: View): Html {
  const { eventId, receivedAt, source } = event;
  const isFresh = now.getTime() - receivedAt.getTime() < FRESH_MS;
  return html`<tr id="${eventId}" class="${isFresh ? 'fresh' : ''}">
<td>${exactTime(receivedAt)}</td>
<th scope="row">${codeText(event.niceId ?? event.orderId ?? 'no order id')}<br /><small class="quiet">${untrusted(source)}</small></th>
<td>${untrusted(changesText(event))}</td>
<td>${outcomeList(event)}</td>
</tr>`;
}
