/** Events that fan-out did not finish. */
import { html } from 'hono/html';
import type { EventGroup, EventGroupKind } from '../../operator/attention/attention-list.ts';
import type { Html, View } from '../console-env.ts';
import { actionForm } from '../layout/action-form.ts';
import { counted } from '../layout/counts.ts';
import { dataTable } from '../layout/data-table.ts';
import { stateBadge } from '../layout/state-badge.ts';
import { ATTENTION_PATH } from './attention-actions.ts';
import { period, sampleLinks } from './delivery-section.ts';

const TEXTS: Readonly<Record<EventGroupKind, string>> = {
  abandoned: 'The relay gave up on them after days. Their endpoints have not got them.',
  quarantined: 'They failed repeatedly. Their orders go on without them, and the relay tries them again.',
  waiting: 'They wait longer than a minute to be sent. The relay enqueues them again each minute.',
};

export function eventSection(view: View, groups: readonly EventGroup[]): Html {
  if (groups.length === 0) return html``;
  return html`<section aria-labelledby="events-heading"><h2 id="events-heading">Updates that were not sent</h2>
${dataTable({
  caption: 'Updates that were not sent',
  isCaptionHidden: true,
  stacksOnPhone: true,
  columns: ['Why', 'How many', 'Received', 'Orders', ...(view.isReadOnly ? [] : ['Actions'])],
  rows: groups.map((group) => row(view, group)),
})}</section>`;
}

function row(view: View, group: EventGroup): Html {
  const { kind, count, samples } = group;
  const retry =
    kind === 'abandoned'
      ? actionForm(view, {
          action: `${ATTENTION_PATH}/retry-events`,
          label: 'Retry all',
          fields: html`<input type="hidden" name="count" value="${count.count}" /><input type="hidden" name="more" value="${count.isMore}" />`,
        })
      : html`<span class="quiet">none needed</span>`;
  return html`<tr><th scope="row">${stateBadge(kind === 'waiting' ? 'pending' : kind)} <small>${TEXTS[kind]}</small></th>
<td>${counted(count, 'update')}</td><td>received ${period(view, group)}</td><td>${sampleLinks(samples)}</td>${view.isReadOnly ? '' : html`<td>${retry}</td>`}</tr>`;
}
