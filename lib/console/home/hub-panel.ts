/** Whether the Hub is alive: the last webhook, the counts, and the hours of the last day. */
import { html } from 'hono/html';
import type { EndpointStatus } from '../../operator/status/endpoint-status.ts';
import type { HubStatus } from '../../operator/status/hub-status.ts';
import type { Html, View } from '../console-env.ts';
import { grouped } from '../layout/counts.ts';
import { hourChart } from '../layout/hour-chart.ts';
import { stateBadge } from '../layout/state-badge.ts';
import { duration, exactTime, timeAgo } from '../layout/times.ts';
import { codeText } from '../layout/untrusted.ts';

export function hubPanel({ now }: View, hub: HubStatus, endpoints: readonly EndpointStatus[]): Html {
  const { lastWebhook, lastDay, silence, sources } = hub;
  const oldest = endpoints
    .flatMap(({ oldestWaitingSince }) => oldestWaitingSince ?? [])
    .toSorted((one, other) => one.getTime() - other.getTime())[0];
  return html`<section class="card" aria-labelledby="hub-heading">
<div class="head"><h2 id="hub-heading">Hub</h2>${stateBadge(silence.state === 'none' ? 'ok' : 'silent')}</div>
${silenceNotice(hub)}
<dl class="figures">
<div><dt>Last update</dt><dd>${lastWebhook === undefined ? 'none' : timeAgo(lastWebhook.at, now)}</dd></div>
<div><dt>Today</dt><dd>${lastDay.isMore ? html`<small>at least</small> ` : ''}${grouped(lastDay.today)}</dd></div>
<div><dt>Last 24 hours</dt><dd>${lastDay.isMore ? html`<small>at least</small> ` : ''}${grouped(lastDay.count)}</dd></div>
<div><dt>Oldest waiting delivery</dt><dd>${oldest === undefined ? 'none waits' : duration(now.getTime() - oldest.getTime())}</dd></div>
</dl>
${hourChart({ id: 'updates-per-hour', title: 'Updates per hour, last 24 hours', hours: lastDay.hours })}
${lastDay.isMore ? html`<p class="quiet">Counted since ${exactTime(lastDay.countedSince)}: the relay stops counting at a limit.</p>` : ''}
${sources.length > 1 ? sourceList(hub, now) : ''}
</section>`;
}

function silenceNotice({ silence, lastWebhook }: HubStatus): Html {
  const { state, limitHours, since } = silence;
  if (state === 'none') return html``;
  if (state === 'never' || lastWebhook === undefined)
    return html`<p class="notice warn">No update of the Hub in 30 days. Check that the Hub has the relay’s address.</p>`;
  return html`<p class="notice warn">The Hub is silent${
    since === undefined ? '' : html` since ${exactTime(since)}`
  }: no update for ${limitHours ?? 'many'} hours. If orders change, check the address in the Hub.</p>`;
}

function sourceList({ sources }: HubStatus, now: Date): Html {
  return html`<dl class="facts">${sources.map(
    ({ id, enabled, lastWebhook }) =>
      html`<dt>${codeText(id)}</dt><dd>${enabled ? '' : html`${stateBadge('disabled')} `}${
        lastWebhook === undefined ? 'no recent update' : html`last update ${timeAgo(lastWebhook.at, now)}`
      }</dd>`,
  )}</dl>`;
}
