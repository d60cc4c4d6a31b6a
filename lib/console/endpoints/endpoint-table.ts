/** Endpoints as rows: state, ordering, URL, and what waits for each. */
import { html } from 'hono/html';
import type { BoundedCount } from '../../operator/deliveries/delivery-counts.ts';
import type { ListedStatus } from '../../operator/status/endpoint-list.ts';
import type { Html, View } from '../console-env.ts';
import { boundedText } from '../layout/counts.ts';
import { dataTable } from '../layout/data-table.ts';
import { emptyState } from '../layout/empty-state.ts';
import { stateBadge } from '../layout/state-badge.ts';
import { timeSince } from '../layout/times.ts';
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
<td class="state">${stateBadge(state)}${since === undefined ? '' : html` <small class="quiet">${timeSince(since, now)}</small>`}${
    reason === undefined ? '' : html`<br /><small>${untrusted(reason)}</small>`
  }</td>
<td${isZero(status.waiting)}>${count('waiting', boundedText(status.waiting))}${
    status.oldestWaitingSince === undefined
      ? ''
      : html`<br /><small class="quiet">${timeSince(status.oldestWaitingSince, now)}</small>`
  }</td>
<td${isZero(status.dead)}>${count('dead', boundedText(status.dead))}</td>
<td${isZero(status.cancelled)}>${count('cancelled', boundedText(status.cancelled))}</td>
${ordering === undefined ? NOTHING : html`<td><span class="on-phone">ordering: </span>${ordering}</td>`}
${url === undefined ? NOTHING : html`<td class="url">${codeText(url)}</td>`}</tr>`;
}

/** On a phone, cells that say nothing are left out. */
const NOTHING = html`<td class="zero"><span class="quiet">–</span></td>`;

function isZero({ count }: BoundedCount): Html {
  return count === 0 ? html` class="zero"` : html``;
}

/** On a phone the column's header is hidden, so the cell says what it counts. */
function count(word: string, text: string): Html {
  return text === '0'
    ? html`<span class="quiet">0<span class="on-phone"> ${word}</span></span>`
    : html`<strong>${text}</strong><span class="on-phone"> ${word}</span>`;
}
