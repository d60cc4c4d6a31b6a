/** Sends an update again: first what would happen at each endpoint, then the sending. */
import { html } from 'hono/html';
import { z } from 'zod';
import type { Connection } from '../../operator/connection.ts';
import { InvalidInputError, NotPossibleError } from '../../operator/errors.ts';
import { orderUpdates } from '../../operator/orders/order-updates.ts';
import { type PlannedReplay, planReplay, type ReplayPlan } from '../../operator/replay/replay-plan.ts';
import { replayEvents } from '../../operator/replay/replays.ts';
import type { EventRecord } from '../../relay/model/event.ts';
import type { ConsoleApp, Html, PageContext, View } from '../console-env.ts';
import { formOf } from '../form.ts';
import { actionForm } from '../layout/action-form.ts';
import { dataTable } from '../layout/data-table.ts';
import { emptyState } from '../layout/empty-state.ts';
import { showPage } from '../layout/page.ts';
import { stateBadge } from '../layout/state-badge.ts';
import { exactTime } from '../layout/times.ts';
import { untrusted } from '../layout/untrusted.ts';
import { orderPath, UPDATE_ROUTE, updateKeyOf, updatePath } from './order-path.ts';

/** A field for each chosen endpoint: a form has one value per name. */
const CHOICE = 'to-';
const formSchema = z.record(z.string(), z.string());

export function mountSendAgain(app: ConsoleApp, { connection }: PageContext): void {
  app.get(`${UPDATE_ROUTE}/send`, async (c) => {
    const { view } = c.var;
    if (view.isReadOnly) throw new NotPossibleError('this console is read-only', 'It sends nothing.');
    const plan = await planReplay(connection, updateKeyOf(c));
    const newest = await newestOf(connection, plan.event);
    const content = planContent(view, plan, {
      chosen: c.req.query('endpoint'),
      isAll: c.req.query('all') !== undefined,
      newest,
    });
    return showPage(c, { title: 'Send again', path: '/orders', content });
  });
  app.post(`${UPDATE_ROUTE}/send`, async (c) => {
    const key = updateKeyOf(c);
    const endpointIds = Object.entries(formOf(c, formSchema)).flatMap(([name, value]) =>
      name.startsWith(CHOICE) ? [value] : [],
    );
    if (endpointIds.length === 0)
      throw new InvalidInputError([{ attribute: 'endpoints', problem: 'must have at least one chosen' }]);
    const rules = { includeDelivered: true, includeSkipped: true };
    const { counts } = await replayEvents(connection, { ...rules, eventId: key.eventId, endpointIds });
    const result = { asked: `${endpointIds.length}`, sent: `${counts.replayed}` };
    return c.redirect(`${updatePath(key)}?${new URLSearchParams(result)}`, 303);
  });
}

/** Undefined when the event is the newest itself. */
async function newestOf(connection: Connection, event: EventRecord): Promise<EventRecord | undefined> {
  const [newest] = (await orderUpdates(connection, event.orderKey, { limit: 1 })).items;
  return newest?.eventId === event.eventId ? undefined : newest;
}

interface PlanView {
  /** The endpoint that the person chose; all when absent. */
  readonly chosen: string | undefined;
  /** Every endpoint that can get it is marked. */
  readonly isAll: boolean;
  readonly newest: EventRecord | undefined;
}

function planContent(
  view: View,
  { event, replays, excluded }: ReplayPlan,
  { chosen, isAll, newest }: PlanView,
): Html {
  const listed = replays.filter(({ endpointId }) => chosen === undefined || endpointId === chosen);
  const isPossible = listed.some(({ decision }) => decision === 'replayed');
  const table = dataTable({
    caption: 'The decision for each endpoint',
    isCaptionHidden: true,
    columns: ['Endpoint', 'Now', 'If you send it'],
    rows: listed.map((planned, index) => planRow(planned, index, isAll || chosen !== undefined)),
  });
  const { orderKey, receivedAt, niceId, orderId } = event;
  return html`<p class="trail"><a href="/orders">Orders</a> › <a href="${orderPath(orderKey)}">Order ${untrusted(niceId ?? orderId ?? 'without an id')}</a> › <a href="${updatePath(event)}">Update</a></p>
<h1>Send again the update of ${exactTime(receivedAt)}</h1>
${
  newest === undefined
    ? html`<p>It is the newest update of the order.</p>`
    : html`<p class="notice warn">It is not the newest update of the order. <a href="${updatePath(newest)}/send">Send the newest one instead</a></p>`
}
${
  listed.length === 0
    ? emptyState('No endpoint can receive it', 'Add an endpoint, or enable one. Then come back.')
    : isPossible
      ? html`${isAll || chosen !== undefined ? '' : html`<p>Endpoints that do not have the update are marked. <a href="?all">Mark all</a></p>`}${actionForm(
          view,
          {
            action: `${updatePath(event)}/send`,
            label: 'Send again',
            kind: 'primary',
            isStacked: true,
            fields: table,
          },
        )}`
      : html`${table}<p class="notice">Nothing can be sent.</p>`
}
${excluded.length === 0 ? '' : html`<p>Other endpoints take nothing now:</p><ul>${excluded.map((reason) => html`<li>${untrusted(reason)}</li>`)}</ul>`}`;
}

function planRow(planned: PlannedReplay, index: number, isMarked: boolean): Html {
  const { endpointId, decision, state, waitReason } = planned;
  const id = `${CHOICE}${index}`;
  const isMissing = state === undefined || state === 'dead' || state === 'cancelled';
  const choice =
    decision === 'replayed'
      ? html`<label class="choice" for="${id}"><input type="checkbox" id="${id}" name="${id}" value="${endpointId}"${
          isMissing || isMarked ? html` checked` : ''
        } /> ${untrusted(endpointId)}</label>`
      : untrusted(endpointId);
  return html`<tr><th scope="row">${choice}</th>
<td>${state === undefined ? html`<span class="quiet">never sent</span>` : stateBadge(state)}</td>
<td>${effectText(planned)}${waitReason === undefined ? '' : html`<br /><small>${untrusted(waitReason)}</small>`}</td></tr>`;
}

function effectText({ decision, state }: PlannedReplay): string {
  switch (decision) {
    case 'replayed':
      if (state === 'delivered') return 'It has received this update, and gets it a second time.';
      if (state === 'skipped') return 'It was skipped. The filter is evaluated again.';
      return 'It gets the update.';
    case 'superseded':
      return 'Nothing: it would be an older snapshot than the endpoint has.';
    case 'pending':
    case 'delivered':
    case 'alreadyReplayed':
      return 'Nothing: it is pending, and the relay sends it.';
    case 'skipped':
      return 'Nothing: the update contains no order.';
    case 'notFannedOut':
      return 'Nothing: the relay has not sent it for the first time yet.';
    case 'erased':
      return 'Nothing: the order was forgotten, and its body is erased.';
    case 'expired':
      return 'Nothing: the body has expired.';
  }
}
