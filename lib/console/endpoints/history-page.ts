/** The delivery history of an endpoint: what became of each update for it, by state and time. */
import { html } from 'hono/html';
import { z } from 'zod';
import { endpointHistory, type HistoryItem } from '../../operator/deliveries/endpoint-history.ts';
import { showEndpointStatus } from '../../operator/status/endpoint-list.ts';
import { SHOWN_STATES } from '../../relay/model/delivery-state.ts';
import { isRelayEvent } from '../../relay/model/ids.ts';
import { detailText } from '../../relay/model/outcome.ts';
import type { ConsoleApp, Html, PageContext, View } from '../console-env.ts';
import { attemptText } from '../layout/attempt-text.ts';
import { dataTable } from '../layout/data-table.ts';
import { emptyState } from '../layout/empty-state.ts';
import { nextTryText } from '../layout/next-try-text.ts';
import { pager } from '../layout/pager.ts';
import { stateBadge } from '../layout/state-badge.ts';
import { exactTime, timeAgo } from '../layout/times.ts';
import { codeText, untrusted } from '../layout/untrusted.ts';
import { updatePath } from '../orders/order-path.ts';
import { showEndpointPage } from './endpoint-frame.ts';
import { ENDPOINT_ROUTE, endpointIdOf, endpointPath } from './endpoint-path.ts';
import { type Since, sinceFields, sinceQuery, sinceSchema, startOf } from './since-field.ts';

const ROWS = 50;

const querySchema = sinceSchema.extend({
  state: z.enum(SHOWN_STATES).optional().catch(undefined),
  before: z.string().optional(),
});
type Query = z.output<typeof querySchema>;

export function mountHistory(app: ConsoleApp, { connection }: PageContext): void {
  app.get(`${ENDPOINT_ROUTE}/deliveries`, async (c) => {
    const { view } = c.var;
    const query = querySchema.parse(c.req.query());
    const { status } = await showEndpointStatus(connection, endpointIdOf(c));
    const path = `${endpointPath(status.id)}/deliveries`;
    const { state, before } = query;
    const since = startOf(query, view.now, '30d');
    const page = await endpointHistory(connection, {
      ...{ endpointId: status.id, state, before, since, limit: ROWS },
    });
    const content = html`${filterForm(path, query)}
${
  page.items.length === 0
    ? nothing(path, query, page.next)
    : dataTable({
        caption: `Deliveries to ${status.id}, the newest update first`,
        isCaptionHidden: true,
        stacksOnPhone: true,
        columns: ['Order', 'Received', 'State', 'Attempts', 'Answer'],
        rows: page.items.map((item) => row(view, item)),
      })
}
${pager({ path, query: { ...sinceQuery(query), state }, before, next: page.next })}`;
    return showEndpointPage(c, { status, tab: 'deliveries', content });
  });
}

function filterForm(path: string, query: Query): Html {
  return html`<form method="get" action="${path}" class="filters">
<div class="field"><label for="state">State</label>
<select id="state" name="state"><option value="">every state</option>${SHOWN_STATES.map(
    (state) => html`<option${state === query.state ? html` selected` : ''}>${state}</option>`,
  )}</select></div>
${sinceFields(query, '30d')}<button>Show</button></form>`;
}

function nothing(path: string, query: Query & Since, next: string | undefined): Html {
  if (next !== undefined) return emptyState('Nothing in this part of the list', 'Go on with the next page.');
  if (query.state === undefined && query.before === undefined && query.period === undefined)
    return emptyState(
      'No delivery yet',
      'Deliveries appear here with the next update of an order. A test on the overview page sends one now.',
    );
  return emptyState(
    query.state === undefined ? 'No delivery in this time' : `No ${query.state} delivery in this time`,
    html`Choose an earlier time, or <a href="${path}">show all</a>.`,
  );
}

function row({ now }: View, item: HistoryItem): Html {
  const { niceId, orderId, eventId, orderKey, receivedAt, outcome, attempts, at, next, lastAnswer } = item;
  const name = codeText(niceId ?? orderId ?? eventId);
  const { attempt: _, ...result } = outcome;
  // Without a reason, the outcome repeats the last answer.
  const isRepeated = outcome.reason === undefined && lastAnswer !== undefined;
  const answer = [isRepeated ? undefined : detailText(result), lastAnswer && attemptText(lastAnswer)];
  return html`<tr><th scope="row">${
    isRelayEvent(orderKey)
      ? html`${name}<br /><small class="quiet">test or notice</small>`
      : html`<a href="${updatePath(item)}">${name}</a>`
  }</th>
<td>${exactTime(receivedAt)}</td>
<td>${stateBadge(outcome.state)}${
    next === undefined
      ? html` <small class="quiet">${timeAgo(at, now)}</small>`
      : html`<br /><small class="quiet">${nextTryText(next, now)}</small>`
  }</td>
<td>${attempts === 0 ? html`<span class="quiet">none</span>` : html`${attempts}<span class="on-phone">${attempts === 1 ? ' attempt' : ' attempts'}</span>`}</td>
<td>${untrusted(answer.filter(Boolean).join(' · '))}</td></tr>`;
}
