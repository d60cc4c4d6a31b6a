/** The state of the relay: what needs attention, the Hub, and each endpoint. */
import { html } from 'hono/html';
import type { RelayStatus } from '../../operator/status/relay-status.ts';
import type { Html, View } from '../console-env.ts';
import { ADD_ENDPOINT_PATH } from '../endpoints/endpoint-path.ts';
import { worstFirst } from '../endpoints/worst-first.ts';
import { emptyState } from '../layout/empty-state.ts';
import { exactTime } from '../layout/times.ts';
import { attentionList } from './attention-list.ts';
import { endpointCard } from './endpoint-card.ts';
import { hubPanel } from './hub-panel.ts';

export function overview(view: View, status: RelayStatus): Html {
  const { endpoints, hub, sample } = status;
  return html`<h1 class="hidden">The state of the relay</h1>
${attentionList(status)}
${hubPanel(view, hub, endpoints)}
<section aria-labelledby="endpoints-heading">
<div class="head"><h2 id="endpoints-heading">Endpoints</h2>
<p class="quiet">Shares and times cover ${
    sample.since === undefined
      ? 'no update yet'
      : html`the newest ${sample.webhooks} updates, since ${exactTime(sample.since)}`
  }.</p></div>
${
  endpoints.length === 0
    ? emptyState(
        'No endpoint',
        html`Updates are stored and go nowhere. ${view.isReadOnly ? 'This console is read-only, so add one elsewhere.' : html`<a href="${ADD_ENDPOINT_PATH}">Add an endpoint</a>`}`,
      )
    : html`<ul class="cards">${worstFirst(endpoints).map((endpoint) => endpointCard(view, endpoint))}</ul>`
}
</section>`;
}
