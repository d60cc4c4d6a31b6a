/** Orders as rows: the order, its update, and what became of the update. */
import { html } from 'hono/html';
import type { EventRecord } from '../../relay/model/event.ts';
import type { Html, View } from '../console-env.ts';
import { changesText } from '../layout/changes-text.ts';
import { dataTable } from '../layout/data-table.ts';
import { timeAgo } from '../layout/times.ts';
import { codeText, untrusted } from '../layout/untrusted.ts';
import { orderPath } from './order-path.ts';
import { outcomeSummary } from './outcome-summary.ts';

export function orderTable(view: View, caption: string, events: readonly EventRecord[]): Html {
  return dataTable({
    caption,
    isCaptionHidden: true,
    stacksOnPhone: true,
    columns: ['Order', 'Last update', 'Changes', 'Endpoints'],
    rows: events.map((event) => row(event, view)),
  });
}

function row(event: EventRecord, { now }: View): Html {
  const { orderKey, orderId, niceId, source, receivedAt } = event;
  const isOtherId = niceId !== undefined && orderId !== undefined && niceId !== orderId;
  return html`<tr>
<th scope="row"><a href="${orderPath(orderKey)}">${codeText(niceId ?? orderId ?? 'no order id')}</a>
<br /><small class="quiet">${isOtherId ? html`${untrusted(orderId)} · ` : ''}${untrusted(source)}</small></th>
<td>${timeAgo(receivedAt, now)}</td>
<td>${untrusted(changesText(event))}</td>
<td>${outcomeSummary(event)}</td>
</tr>`;
}
