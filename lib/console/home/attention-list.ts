/** Lists in sentences everything that needs attention; one line when nothing does. */
import { html } from 'hono/html';
import type { EndpointStatus } from '../../operator/status/endpoint-status.ts';
import type { RelayStatus } from '../../operator/status/relay-status.ts';
import { isStopped } from '../../operator/status/stopped-state.ts';
import { stoppedEndpoint } from '../attention/stopped-endpoint.ts';
import type { Html } from '../console-env.ts';
import { counted } from '../layout/counts.ts';
import { stateBadge } from '../layout/state-badge.ts';
import { untrusted } from '../layout/untrusted.ts';

export function attentionList(status: RelayStatus): Html {
  const items = [...status.endpoints.flatMap(endpointItems), ...relayItems(status)];
  if (items.length === 0)
    return html`<section aria-labelledby="attention-heading"><h2 class="hidden" id="attention-heading">Needs attention</h2><p class="notice good"><span aria-hidden="true">✓</span> Nothing needs attention.</p></section>`;
  return html`<section aria-labelledby="attention-heading"><div class="head"><h2 id="attention-heading">Needs attention</h2><a href="/attention">All that needs attention</a></div>
<ul class="attention">${items.map((item) => html`<li>${item}</li>`)}</ul></section>`;
}

function endpointItems({ id, state, dead, cancelled }: EndpointStatus): Html[] {
  return [
    ...(isStopped(state) ? [stoppedEndpoint(id, state)] : []),
    ...(dead.count > 0
      ? [
          html`${stateBadge('dead')} ${untrusted(id)}: ${counted(dead, 'delivery', 'deliveries')} failed for good.`,
        ]
      : []),
    ...(cancelled.count > 0
      ? [
          html`${stateBadge('cancelled')} ${untrusted(id)}: ${counted(cancelled, 'delivery was', 'deliveries were')} cancelled.`,
        ]
      : []),
  ];
}

function relayItems({ attention, hub }: RelayStatus): Html[] {
  const { abandoned, quarantined, notFannedOut, invalidSources, deadLetters } = attention;
  return [
    ...(hub.silence.state === 'silent' ? [html`${stateBadge('silent')} The Hub sends nothing.`] : []),
    ...(abandoned.count > 0
      ? [html`${stateBadge('abandoned')} The relay gave up on ${counted(abandoned, 'update')}.`]
      : []),
    ...(quarantined.count > 0
      ? [
          html`${stateBadge('quarantined')} ${counted(quarantined, 'update is', 'updates are')} set apart after repeated failures, and tried again.`,
        ]
      : []),
    ...(notFannedOut.count > 0
      ? [
          html`${stateBadge('pending')} ${counted(notFannedOut, 'update waits', 'updates wait')} longer than a minute to be sent.`,
        ]
      : []),
    ...invalidSources.map(
      ({ id, reason }) => html`${stateBadge('invalid')} The source ${untrusted(id)}: ${untrusted(reason)}.`,
    ),
    ...(deadLetters > 0
      ? [html`${stateBadge('dead')} ${counted(deadLetters, 'message')} in the dead-letter queues.`]
      : []),
  ];
}
