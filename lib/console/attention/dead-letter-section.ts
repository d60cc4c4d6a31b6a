/** The dead-letter queues: how many messages, and what they are when a person asks. */
import { html } from 'hono/html';
import type { AttentionList } from '../../operator/attention/attention-list.ts';
import { QUEUE_NAMES, type QueueName } from '../../operator/connection.ts';
import type { DeadLetterGroup } from '../../operator/dlq/dead-letter-groups.ts';
import type { Html, View } from '../console-env.ts';
import { actionForm } from '../layout/action-form.ts';
import { counted } from '../layout/counts.ts';
import { dataTable } from '../layout/data-table.ts';
import { emptyState } from '../layout/empty-state.ts';
import { timeAgo } from '../layout/times.ts';
import { untrusted } from '../layout/untrusted.ts';
import { ATTENTION_PATH } from './attention-actions.ts';

export function deadLetterSection(view: View, counts: AttentionList['deadLetters']): Html {
  const filled = QUEUE_NAMES.filter((name) => counts[name] > 0);
  if (filled.length === 0) return html``;
  const path = `${ATTENTION_PATH}/dead-letters`;
  return html`<section aria-labelledby="dead-letters-heading"><h2 id="dead-letters-heading">Dead letters</h2>
<p>Messages that no function could process. What is owed is in the relay’s data, so most can be dropped.</p>
<ul class="attention">${filled.map(
    (name) =>
      html`<li><strong>${counted(counts[name], 'message')}</strong> of the queue for ${name} ${actions(view, name, counts[name])}</li>`,
  )}</ul>
<div id="dead-letters" class="below"><p><a class="button" href="${path}" hx-get="${path}" hx-target="#dead-letters" hx-swap="innerHTML">Show their reasons</a>
<span class="quiet">It receives the messages, and hides them from others for some seconds.</span></p></div></section>`;
}

function actions(view: View, queue: QueueName, count: number): Html {
  const fields = html`<input type="hidden" name="queue" value="${queue}" /><input type="hidden" name="count" value="${count}" />`;
  return html`${actionForm(view, { action: `${ATTENTION_PATH}/redrive`, label: 'Send back to the queue', fields })}
${actionForm(view, {
  action: `${ATTENTION_PATH}/drop-messages`,
  label: 'Drop all',
  kind: 'danger',
  confirm: `Drop ${counted(count, 'message')} of the queue for ${queue}? Messages with the only copy of an update are kept.`,
  fields,
})}`;
}

export function deadLetterTable({ now }: View, groups: readonly DeadLetterGroup[]): Html {
  if (groups.length === 0)
    return emptyState(
      'No message is visible now',
      'Another reader may have them. Reload the page in a minute.',
    );
  return dataTable({
    caption: 'Dead letters',
    isCaptionHidden: true,
    stacksOnPhone: true,
    columns: ['Reason', 'Queue', 'How many', 'Sent'],
    rows: groups.map(
      ({
        reason,
        queue,
        count,
        onlyCopies,
        oldest,
        newest,
      }) => html`<tr><th scope="row">${untrusted(reason)}</th>
<td>queue for ${queue}</td><td>${counted(count, 'message')}${onlyCopies > 0 ? html`<br /><small>${counted(onlyCopies, 'message')} with the only copy of an update</small>` : ''}</td>
<td>${newest === undefined || oldest === undefined ? html`<span class="quiet">unknown</span>` : html`sent ${timeAgo(newest, now)}${count > 1 ? html`, the oldest ${timeAgo(oldest, now)}` : ''}`}</td></tr>`,
    ),
  });
}
