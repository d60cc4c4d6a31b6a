/** A grid of an order's updates and the endpoints. It scrolls sideways within itself; the updates stay in sight. */
import { html } from 'hono/html';
import { outcomeAt } from '../../operator/orders/endpoint-outcome.ts';
import type { OrderEndpoint, OrderUpdates } from '../../operator/orders/order-updates.ts';
import type { EventWithDeliveries } from '../../operator/orders/orders.ts';
import { detailText } from '../../relay/model/outcome.ts';
import type { Html, View } from '../console-env.ts';
import { ADD_ENDPOINT_PATH } from '../endpoints/endpoint-path.ts';
import { changesText } from '../layout/changes-text.ts';
import { counted } from '../layout/counts.ts';
import { emptyState } from '../layout/empty-state.ts';
import { nextTryText } from '../layout/next-try-text.ts';
import { stateBadge } from '../layout/state-badge.ts';
import { exactTime } from '../layout/times.ts';
import { untrusted } from '../layout/untrusted.ts';
import { updatePath } from './order-path.ts';
import { worstFirst } from './worst-first.ts';

export function orderGrid(view: View, { items, endpoints: all }: OrderUpdates): Html {
  const endpoints = worstFirst(all, items);
  const noEndpoints =
    endpoints.length > 0
      ? ''
      : emptyState(
          'No endpoint receives this order',
          html`<a href="${ADD_ENDPOINT_PATH}">Add an endpoint</a>. Then send the newest update again.`,
        );
  return html`<div class="scroll grid" role="region" aria-label="Updates and endpoints" tabindex="0"><table>
<caption class="hidden">What became of each update at each endpoint</caption>
<thead><tr><th scope="col">Update</th>${endpoints.map(columnHead)}</tr></thead>
<tbody>${items.map((event) => row(view, event, endpoints))}</tbody>
</table></div>${noEndpoints}`;
}

function columnHead({ id, isRemoved }: OrderEndpoint): Html {
  return html`<th scope="col">${untrusted(id)}${isRemoved ? html` <span class="quiet">(removed)</span>` : ''}</th>`;
}

function row(view: View, event: EventWithDeliveries, endpoints: readonly OrderEndpoint[]): Html {
  const path = updatePath(event);
  return html`<tr id="${event.eventId}">
<th scope="row"><a href="${path}">${exactTime(event.receivedAt)}</a><br /><small>${untrusted(changesText(event, 2))}</small>${
    event.abandonedAt === undefined ? '' : html`<br />${stateBadge('abandoned')}`
  }</th>
${endpoints.map((endpoint) => cell(view, event, endpoint, path))}</tr>`;
}

function cell({ now }: View, event: EventWithDeliveries, { id }: OrderEndpoint, path: string): Html {
  const found = outcomeAt(event, id);
  if (found === undefined)
    return html`<td class="quiet">${event.fannedOutAt === undefined ? 'not sent yet' : 'not sent to it'}</td>`;
  const { outcome, attemptCount, next } = found;
  const { attempt: _, ...result } = outcome;
  // The reason of a pending delivery says why it waits.
  const isSaid = outcome.state === 'delivered' || (next !== undefined && outcome.reason !== undefined);
  const parts = [
    ...(attemptCount > 0 ? [counted(attemptCount, 'attempt')] : []),
    ...(next === undefined ? [] : [nextTryText(next, now)]),
    ...(isSaid ? [] : [untrusted(detailText(result) ?? '')]),
  ];
  return html`<td><a href="${path}?${new URLSearchParams({ endpoint: id })}#delivery">${stateBadge(outcome.state)}</a>
<br /><small class="quiet">${parts.map((part, index) => html`${index > 0 ? ' · ' : ''}${part}`)}</small></td>`;
}
