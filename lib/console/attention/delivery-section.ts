/** Dead and cancelled deliveries: a table for each endpoint, a row for each cause. */
import { html } from 'hono/html';
import type { DeliveryGroup } from '../../operator/attention/delivery-groups.ts';
import { idInSource } from '../../operator/orders/order-key.ts';
import type { EventKey } from '../../relay/model/event.ts';
import { printableText } from '../../relay/model/printable.ts';
import type { Html, View } from '../console-env.ts';
import { actionForm } from '../layout/action-form.ts';
import { counted } from '../layout/counts.ts';
import { dataTable } from '../layout/data-table.ts';
import { stateBadge } from '../layout/state-badge.ts';
import { timeAgo } from '../layout/times.ts';
import { codeText, untrusted } from '../layout/untrusted.ts';
import { updatePath } from '../orders/order-path.ts';
import { ATTENTION_PATH } from './attention-actions.ts';

export function deliverySections(view: View, groups: readonly DeliveryGroup[]): Html {
  if (groups.length === 0) return html``;
  const byEndpoint = [...Map.groupBy(groups, ({ endpointId }) => endpointId)];
  return html`<section aria-labelledby="deliveries-heading"><h2 id="deliveries-heading">Deliveries that failed for good</h2>
<p>Retry sends them again, with the endpoint’s ordering and rate limit. Drop only takes them off this page: they stay in the history of their orders.</p>
${byEndpoint.map(([id, ofEndpoint]) => endpointTable(view, id, ofEndpoint))}</section>`;
}

function endpointTable(view: View, id: string, groups: readonly DeliveryGroup[]): Html {
  return html`<div class="group"><h3 class="group-name">${untrusted(id)}</h3>${dataTable({
    caption: `Deliveries to ${printableText(id)}`,
    isCaptionHidden: true,
    stacksOnPhone: true,
    columns: ['Why', 'How many', 'Ended', 'Newest orders', ...(view.isReadOnly ? [] : ['Actions'])],
    rows: groups.map((group) => row(view, group)),
  })}</div>`;
}

function row(view: View, group: DeliveryGroup): Html {
  const { state, cause, count, withoutRow, samples } = group;
  return html`<tr><th scope="row">${stateBadge(state)} ${untrusted(cause)}</th>
<td>${counted(count, 'delivery', 'deliveries')}</td>
<td>ended ${period(view, group)}</td>
<td>${sampleLinks(samples)}</td>
${
  view.isReadOnly
    ? ''
    : html`<td><div class="actions">${retryForm(view, group)} ${withoutRow < count.count ? dropForm(view, group) : ''}</div>${
        withoutRow > 0
          ? html`<small class="quiet">${counted(withoutRow, 'delivery was', 'deliveries were')} never tried: they cannot be dropped, and go when their events expire.</small>`
          : ''
      }</td>`
}</tr>`;
}

function retryForm(view: View, group: DeliveryGroup): Html {
  return actionForm(view, { action: `${ATTENTION_PATH}/retry`, label: 'Retry all', fields: fields(group) });
}

function dropForm(view: View, group: DeliveryGroup): Html {
  const { endpointId, state, cause, count } = group;
  const what = counted(count, `${state} delivery`, `${state} deliveries`);
  return actionForm(view, {
    action: `${ATTENTION_PATH}/drop`,
    label: 'Drop all',
    kind: 'danger',
    confirm: `Drop ${what} to ${printableText(endpointId)} (${printableText(cause)})? They are not sent, and nothing reminds you of them any more.`,
    fields: fields(group),
  });
}

function fields({ endpointId, state, cause, count }: DeliveryGroup): Html {
  const values = { endpoint: endpointId, state, cause, count: `${count.count}`, more: `${count.isMore}` };
  return html`${Object.entries(values).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}`;
}

/** When the first and the last of them ended. */
export function period(
  { now }: View,
  { oldest, newest, count }: Pick<DeliveryGroup, 'oldest' | 'newest' | 'count'>,
): Html {
  const last = timeAgo(newest, now);
  if (oldest.getTime() === newest.getTime()) return last;
  return html`${last}, the oldest ${timeAgo(oldest, now)}${count.isMore ? ' or earlier' : ''}`;
}

export function sampleLinks(samples: readonly EventKey[]): Html {
  return html`${samples.map(
    (key, index) =>
      html`${index > 0 ? ', ' : ''}<a href="${updatePath(key)}">${codeText(idInSource(key.orderKey))}</a>`,
  )}`;
}
