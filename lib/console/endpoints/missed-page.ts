/** The orders whose newest update an endpoint did not receive, and how to send them again. */
import { html } from 'hono/html';
import { z } from 'zod';
import { type MissedOrder, missedOrders } from '../../operator/deliveries/missed-orders.ts';
import { checkEventId } from '../../operator/events/event-key.ts';
import { replayEvents } from '../../operator/replay/replays.ts';
import { type ListedStatus, showEndpointStatus } from '../../operator/status/endpoint-list.ts';
import { reasonText } from '../../relay/model/reason.ts';
import type { ConsoleApp, Html, PageContext, View } from '../console-env.ts';
import { formOf } from '../form.ts';
import { actionForm } from '../layout/action-form.ts';
import { attemptText } from '../layout/attempt-text.ts';
import { dataTable } from '../layout/data-table.ts';
import { emptyState } from '../layout/empty-state.ts';
import { nextTryText } from '../layout/next-try-text.ts';
import { pager } from '../layout/pager.ts';
import { stateBadge } from '../layout/state-badge.ts';
import { exactTime } from '../layout/times.ts';
import { codeText, untrusted } from '../layout/untrusted.ts';
import { orderPath } from '../orders/order-path.ts';
import { runList } from '../runs/run-list.ts';
import { showEndpointPage } from './endpoint-frame.ts';
import { ENDPOINT_ROUTE, endpointIdOf, endpointPath } from './endpoint-path.ts';
import { replayedText } from './replayed-text.ts';
import { type Since, sinceFields, sinceQuery, sinceSchema, startOf } from './since-field.ts';

const ROWS = 50;
/** Only what it did not receive. */
const RULES = { includeDelivered: false, includeSkipped: false };

const querySchema = sinceSchema.extend({ before: z.string().optional(), sent: z.string().optional() });
type Query = z.output<typeof querySchema>;
const oneForm = sinceSchema.extend({ event: z.string() });
const allForm = z.object({ since: z.iso.datetime() });

export function mountMissed(app: ConsoleApp, { connection, jobs }: PageContext): void {
  const route = `${ENDPOINT_ROUTE}/missed` as const;
  app.get(route, async (c) => {
    const { view } = c.var;
    const query = querySchema.parse(c.req.query());
    const { status } = await showEndpointStatus(connection, endpointIdOf(c));
    const since = startOf(query, view.now, '1d');
    const { before } = query;
    const page = await missedOrders(connection, {
      ...{ endpointId: status.id, since, before, limit: ROWS },
    });
    const path = missedPath(status.id);
    const content = html`<p>The orders whose newest update the endpoint did not receive.</p>
<form method="get" action="${path}" class="filters">${sinceFields(query, '1d')}<button>Show</button></form>
${sentNotice(query)}${runList(view, jobs)}
${page.items.length === 0 ? nothing(since, page.next) : list(view, status, query, page.items)}
${pager({ path, query: sinceQuery(query), before, next: page.next })}`;
    return showEndpointPage(c, { status, tab: 'missed', content });
  });
  app.post(`${route}/send-one`, async (c) => {
    const { event, ...since } = formOf(c, oneForm);
    const id = endpointIdOf(c);
    const query = { ...RULES, eventId: checkEventId(event), endpointId: id };
    const { counts } = await replayEvents(connection, query);
    return c.redirect(withQuery(missedPath(id), { ...sinceQuery(since), sent: `${counts.replayed}` }), 303);
  });
  app.post(`${route}/send-all`, (c) => {
    const since = new Date(formOf(c, allForm).since);
    const endpointId = endpointIdOf(c);
    const page = withQuery(missedPath(endpointId), { from: since.toISOString() });
    jobs.start({
      key: `missed ${endpointId}`,
      title: `Send again what ${endpointId} missed`,
      page,
      work: async (run) => replayedText(await replayEvents(connection, { ...RULES, endpointId, since }, run)),
    });
    return c.redirect(page, 303);
  });
}

function missedPath(id: string): string {
  return `${endpointPath(id)}/missed`;
}

function withQuery(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}

function sentNotice({ sent }: Query): Html {
  if (sent === undefined) return html``;
  return sent === '0'
    ? html`<p class="notice warn" role="status">Nothing was sent: the update has changed meanwhile, or its body has expired.</p>`
    : html`<p class="notice good" role="status">The update is sent again. It is pending now.</p>`;
}

function nothing(since: Date, next: string | undefined): Html {
  return next === undefined
    ? emptyState(
        'No order missed',
        html`The endpoint received the newest update of every order since ${exactTime(since)}.`,
      )
    : emptyState('No order missed in this part of the list', 'Go on with the next page.');
}

function list(view: View, status: ListedStatus, query: Query, items: readonly MissedOrder[]): Html {
  const { id, state } = status;
  const since = startOf(query, view.now, '1d');
  const isTarget = state !== 'removed' && state !== 'invalid' && state !== 'disabled';
  const isAny = items.some(({ state }) => state !== 'pending');
  const all =
    isTarget && isAny
      ? actionForm(view, {
          action: `${missedPath(id)}/send-all`,
          label: 'Send all again…',
          kind: 'primary',
          confirm: `Send ${id} again every update since ${since.toISOString().slice(0, 16).replace('T', ' ')} UTC that it did not receive? Updates that wait are sent anyway.`,
          fields: html`<input type="hidden" name="since" value="${since.toISOString()}" />`,
        })
      : '';
  const hint = isTarget
    ? ''
    : html`<p class="notice">Nothing can be sent to it now. ${state === 'disabled' ? 'Enable it first.' : 'Give it valid settings first.'}</p>`;
  return html`${hint}<div class="actions above">${all}</div>${dataTable({
    caption: `Orders that ${id} missed`,
    isCaptionHidden: true,
    stacksOnPhone: true,
    columns: [
      'Order',
      'Update received',
      'State',
      'Why',
      ...(isTarget && !view.isReadOnly ? ['Action'] : []),
    ],
    rows: items.map((item) => row(view, id, item, isTarget ? query : undefined)),
  })}`;
}

/** @param since undefined when nothing can be sent to the endpoint */
function row(view: View, id: string, order: MissedOrder, since: Since | undefined): Html {
  const { orderKey, niceId, orderId, eventId, receivedAt, state, reason, lastAnswer, next } = order;
  const why = [reason && reasonText(reason), lastAnswer && attemptText(lastAnswer)].filter(Boolean);
  const fields = Object.entries(sinceQuery(since ?? {})).map(([name, value]) =>
    value === undefined ? '' : html`<input type="hidden" name="${name}" value="${value}" />`,
  );
  const send =
    state === 'pending'
      ? html`<span class="quiet">is sent by itself</span>`
      : actionForm(view, {
          action: `${missedPath(id)}/send-one`,
          label: 'Send again',
          fields: html`<input type="hidden" name="event" value="${eventId}" />${fields}`,
        });
  return html`<tr><th scope="row"><a href="${orderPath(orderKey)}">${codeText(niceId ?? orderId ?? eventId)}</a></th>
<td>${exactTime(receivedAt)}</td>
<td>${stateBadge(state)}${next === undefined ? '' : html`<br /><small class="quiet">${nextTryText(next, view.now)}</small>`}</td>
<td>${untrusted(why.join(' · '))}</td>${since === undefined || view.isReadOnly ? '' : html`<td>${send}</td>`}</tr>`;
}
