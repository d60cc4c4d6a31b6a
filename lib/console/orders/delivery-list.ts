/** The deliveries of one update: an entry for each endpoint, with every recorded attempt. */
import { html } from 'hono/html';
import { type EndpointOutcome, outcomeAt } from '../../operator/orders/endpoint-outcome.ts';
import type { OrderEndpoint, OrderUpdate } from '../../operator/orders/order-updates.ts';
import type { Attempt } from '../../relay/model/delivery.ts';
import { detailText } from '../../relay/model/outcome.ts';
import { printableLines } from '../../relay/model/printable.ts';
import type { Html, View } from '../console-env.ts';
import { ADD_ENDPOINT_PATH } from '../endpoints/endpoint-path.ts';
import { counted } from '../layout/counts.ts';
import { dataTable } from '../layout/data-table.ts';
import { emptyState } from '../layout/empty-state.ts';
import { nextTryText } from '../layout/next-try-text.ts';
import { stateBadge } from '../layout/state-badge.ts';
import { exactTime, milliseconds } from '../layout/times.ts';
import { untrusted } from '../layout/untrusted.ts';
import { updatePath } from './order-path.ts';
import { worstFirst } from './worst-first.ts';

/** Up to so many entries are open. */
const FEW = 4;

export function deliveryList(view: View, update: OrderUpdate, chosen: string | undefined): Html {
  const { event } = update;
  const endpoints = worstFirst(update.endpoints, [event]);
  const abandoned =
    event.abandonedAt === undefined
      ? ''
      : html`<p class="notice bad">${stateBadge('abandoned')} The relay gave up on this update ${exactTime(event.abandonedAt)}. <a href="/attention">Needs attention</a> returns it.</p>`;
  if (endpoints.length === 0)
    return html`${abandoned}${emptyState('No endpoint receives this update', html`<a href="${ADD_ENDPOINT_PATH}">Add an endpoint</a>. Then send the update again.`)}`;
  return html`${abandoned}${endpoints.map((endpoint) =>
    entry(view, update, endpoint, chosen === undefined ? endpoints.length <= FEW : chosen === endpoint.id),
  )}`;
}

function entry(view: View, { event }: OrderUpdate, { id, isRemoved }: OrderEndpoint, isOpen: boolean): Html {
  const found = outcomeAt(event, id);
  const name = html`<strong>${untrusted(id)}</strong>${isRemoved ? html` <span class="quiet">(removed)</span>` : ''}`;
  if (found === undefined)
    return html`<p class="card delivery">${name} <span class="quiet">${event.fannedOutAt === undefined ? 'not sent yet' : 'not sent to it: it was added later, or it is not subscribed to the source'}</span></p>`;
  const { attempt: _, ...result } = found.outcome;
  const resend =
    view.isReadOnly || isRemoved
      ? ''
      : html`<p><a class="button" href="${updatePath(event)}/send?${new URLSearchParams({ endpoint: id })}">Send again to ${untrusted(id)}…</a></p>`;
  return html`<details class="card delivery"${isOpen ? html` open` : ''}><summary>${stateBadge(found.outcome.state)} ${name} <span class="quiet">${untrusted(detailText(result) ?? '')}${found.attemptCount > 0 ? html` · ${counted(found.attemptCount, 'attempt')}` : ''}${
    found.next === undefined ? '' : html` · ${nextTryText(found.next, view.now)}`
  }</span></summary>${notes(found)}${attemptTable(id, found)}${resend}</details>`;
}

function notes({ outcome }: EndpointOutcome): Html {
  return html`${outcome.late ? html`<p>A newer update of the order was sent before this one.</p>` : ''}${
    outcome.replayed ? html`<p>It was sent again by hand.</p>` : ''
  }`;
}

function attemptTable(id: string, { attempts, attemptCount }: EndpointOutcome): Html {
  if (attempts.length === 0) return html`<p class="quiet">No attempt was made.</p>`;
  const missing = attemptCount - attempts.length;
  return html`${dataTable({
    caption: `Attempts to ${id}`,
    isCaptionHidden: true,
    columns: ['Time', 'Status', 'Duration', 'Answer'],
    rows: attempts.toReversed().map(attemptRow),
  })}${missing > 0 ? html`<p class="quiet">${counted(missing, 'earlier attempt')} not recorded.</p>` : ''}`;
}

function attemptRow(made: Attempt): Html {
  const { at, status, error, durationMs, answer, unsent } = made;
  return html`<tr><td>${exactTime(at)}</td>
<td>${unsent ? 'nothing sent' : (status ?? 'no answer')}${error === undefined ? '' : html`<br /><small>${untrusted(error)}</small>`}</td>
<td>${milliseconds(durationMs)}</td>
<td>${answer === undefined || answer === '' ? html`<span class="quiet">not recorded</span>` : html`<pre class="answer" tabindex="0" aria-label="Answer">${printableLines(answer)}</pre>`}</td></tr>`;
}
