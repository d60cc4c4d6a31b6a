/** The state of the relay: what needs attention, the Hub, and each endpoint. */
import { html } from 'hono/html';
import type { EndpointStatus } from '../../operator/status/endpoint-status.ts';
import type { RelayStatus } from '../../operator/status/relay-status.ts';
import type { Html, View } from '../console-env.ts';
import { emptyState } from '../layout/empty-state.ts';
import { toneOf } from '../layout/state-badge.ts';
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
        html`Updates are stored and go nowhere. Add one: <code>npm run relay -- endpoints add</code>`,
      )
    : html`<ul class="cards">${worstFirst(endpoints).map((endpoint) => endpointCard(view, endpoint))}</ul>`
}
</section>`;
}

const TONES = ['bad', 'warn', 'neutral', 'good'];

/** Among fifty endpoints, the failing one must be seen without scrolling. */
function worstFirst(endpoints: RelayStatus['endpoints']): RelayStatus['endpoints'] {
  const rank = ({ state }: EndpointStatus) => TONES.indexOf(toneOf(state));
  return endpoints.toSorted((one, other) => rank(one) - rank(other));
}
