/** Endpoints as rows: state, ordering, URL, and what waits for each. */
import { html } from 'hono/html';
import type { ListedStatus } from '../../operator/status/endpoint-list.ts';
import type { Html, View } from '../console-env.ts';
import { boundedText } from '../layout/counts.ts';
import { dataTable } from '../layout/data-table.ts';
import { emptyState } from '../layout/empty-state.ts';
import { stateBadge } from '../layout/state-badge.ts';
import { timeAgo } from '../layout/times.ts';
import { codeText, untrusted } from '../layout/untrusted.ts';
import { ADD_ENDPOINT_PATH, endpointPath } from './endpoint-path.ts';
import { worstFirst } from './worst-first.ts';

export function endpointTable(view: View, statuses: readonly ListedStatus[]): Html {
  if (statuses.length === 0)
    return emptyState(
      'No endpoint yet',
      view.isReadOnly
        ? 'Updates are stored and go nowhere. This console is read-only, so add one elsewhere.'
        : html`Updates are stored and go nowhere. <a href="${ADD_ENDPOINT_PATH}">Add an endpoint</a>`,
    );
  return dataTable({
    caption: 'Endpoints',
    isCaptionHidden: true,
    stacksOnPhone: true,
    columns: ['Endpoint', 'State', 'Waiting', 'Dead', 'Cancelled', 'Ordering', 'URL'],
    rows: worstFirst(statuses).map((status) => row(view, status)),
  });
}

function row({ now }: View, status: ListedStatus): Html {
  const { id, state, since, reason, ordering, url, description } = status;
  return html`<tr id="row-${id}">
<th scope="row"><a href="${endpointPath(id)}">${codeText(id)}</a>${
    description === undefined ? '' : html`<br /><small class="quiet">${untrusted(description)}</small>`
  }</th>
<td class="state">${stateBadge(state)}${since === undefined ? '' : html` <small class="quiet">since ${timeAgo(since, now)}</small>`}${
    reason === undefined ? '' : html`<br /><small>${untrusted(reason)}</small>`
  }</td>
<td>${count('waiting', boundedText(status.waiting))}${
    status.oldestWaitingSince === undefined
      ? ''
      : html`<br /><small class="quiet">since ${timeAgo(status.oldestWaitingSince, now)}</small>`
  }</td>
<td>${count('dead', boundedText(status.dead))}</td>
<td>${count('cancelled', boundedText(status.cancelled))}</td>
<td>${ordering ?? html`<span class="quiet">–</span>`}</td>
<td class="url">${url === undefined ? html`<span class="quiet">–</span>` : codeText(url)}</td></tr>`;
}

/** On a phone the column's header is hidden, so the cell says what it counts. */
function count(word: string, text: string): Html {
  return text === '0'
    ? html`<span class="quiet">0<span class="on-phone"> ${word}</span></span>`
    : html`<strong>${text}</strong><span class="on-phone"> ${word}</span>`;
}
