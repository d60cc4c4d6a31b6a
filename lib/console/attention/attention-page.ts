/** Everything that needs attention, in groups, with actions on many at once. */
import { html } from 'hono/html';
import { type AttentionList, readAttentionList } from '../../operator/attention/attention-list.ts';
import { QUEUE_NAMES } from '../../operator/connection.ts';
import { groupDeadLetters } from '../../operator/dlq/dead-letter-groups.ts';
import { listDeadLetters } from '../../operator/dlq/dead-letters.ts';
import type { Html, Page, View } from '../console-env.ts';
import { endpointPath } from '../endpoints/endpoint-path.ts';
import { emptyState } from '../layout/empty-state.ts';
import { showPage } from '../layout/page.ts';
import { relayCommand } from '../layout/relay-command.ts';
import { untrusted } from '../layout/untrusted.ts';
import { runList } from '../runs/run-list.ts';
import { ATTENTION_PATH, mountAttentionActions } from './attention-actions.ts';
import { deadLetterSection, deadLetterTable } from './dead-letter-section.ts';
import { deliverySections } from './delivery-section.ts';
import { eventSection } from './event-section.ts';
import { stoppedEndpoint } from './stopped-endpoint.ts';

const MOST_MESSAGES = 1_000;

export const attentionPage: Page = {
  path: ATTENTION_PATH,
  label: 'Needs attention',
  mount(app, context) {
    const { connection, jobs } = context;
    app.get(ATTENTION_PATH, async (c) => {
      const { view } = c.var;
      const content = html`<h1>Needs attention</h1>
${runList(view, jobs)}
${groups(view, await readAttentionList(connection))}`;
      return showPage(c, { title: 'Needs attention', path: ATTENTION_PATH, content });
    });
    app.get(`${ATTENTION_PATH}/dead-letters`, async (c) => {
      const { messages } = await listDeadLetters(connection, QUEUE_NAMES, MOST_MESSAGES);
      const content = deadLetterTable(c.var.view, groupDeadLetters(messages));
      if (c.req.header('hx-request') === 'true') return c.html(content);
      const page = html`<p class="trail"><a href="${ATTENTION_PATH}">Needs attention</a></p><h1>Dead letters</h1>${content}`;
      return showPage(c, { title: 'Dead letters', path: ATTENTION_PATH, content: page });
    });
    mountAttentionActions(app, context);
  },
};

function groups(view: View, list: AttentionList): Html {
  const { stopped, deliveries, events, invalid, deadLetters } = list;
  const isEmpty =
    stopped.length + deliveries.length + events.length + invalid.length === 0 &&
    Object.values(deadLetters).every((count) => count === 0);
  if (isEmpty)
    return emptyState(
      'Nothing needs attention',
      html`Endpoints that do not get their updates, dead and cancelled deliveries, invalid settings and dead letters would be here. <a href="/live">See what arrives now</a>`,
    );
  return html`${stoppedSection(list)}${invalidSection(view, list)}${deliverySections(view, deliveries)}${eventSection(view, events)}${deadLetterSection(view, deadLetters)}`;
}

function stoppedSection({ stopped }: AttentionList): Html {
  if (stopped.length === 0) return html``;
  return html`<section aria-labelledby="stopped-heading"><h2 id="stopped-heading">Endpoints</h2>
<ul class="attention">${stopped.map(({ id, state }) => html`<li>${stoppedEndpoint(id, state)}</li>`)}</ul></section>`;
}

function invalidSection(view: View, { invalid }: AttentionList): Html {
  if (invalid.length === 0) return html``;
  return html`<section aria-labelledby="invalid-heading"><h2 id="invalid-heading">Invalid settings</h2>
<p>Deliveries of an invalid endpoint wait, and are sent within two minutes after its row is fixed. An invalid source accepts nothing.</p>
<ul class="attention">${invalid.map(
    ({ kind, id, reason }) =>
      html`<li><strong>The ${kind} ${untrusted(id)}</strong>: ${untrusted(reason)}. <span class="quiet">${correction(view, kind, id)}</span></li>`,
  )}</ul></section>`;
}

function correction(view: View, kind: 'endpoint' | 'source', id: string): Html {
  return kind === 'endpoint'
    ? html`<a href="${endpointPath(id)}">Correct its settings</a>`
    : html`Remove the source and add it again: ${relayCommand(view, 'sources --help')}`;
}
