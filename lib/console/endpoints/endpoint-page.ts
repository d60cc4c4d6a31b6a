/** One endpoint: its health, its actions and its settings. */
import { html } from 'hono/html';
import { endpointWarnings } from '../../operator/endpoints/expressions.ts';
import {
  type EndpointWithStatus,
  type ListedStatus,
  showEndpointStatus,
} from '../../operator/status/endpoint-list.ts';
import type { ConsoleApp, Html, PageContext, View } from '../console-env.ts';
import { liveRegion } from '../layout/live-region.ts';
import { sentence } from '../layout/sentence.ts';
import { untrusted } from '../layout/untrusted.ts';
import { actionBar } from './action-bar.ts';
import { doneNotice } from './done-notice.ts';
import { showEndpointPage } from './endpoint-frame.ts';
import { healthPanel } from './endpoint-health.ts';
import { ENDPOINT_ROUTE, endpointIdOf, endpointPath } from './endpoint-path.ts';
import { settingList } from './endpoint-settings.ts';

const HEALTH_POLLS = 2;

export function mountEndpoint(app: ConsoleApp, { connection }: PageContext): void {
  app.get(ENDPOINT_ROUTE, async (c) => {
    const { view } = c.var;
    const found = await showEndpointStatus(connection, endpointIdOf(c));
    if (c.req.header('hx-request') === 'true') return c.html(healthPanel(view, found.status));
    const content = html`${doneNotice(c.req.query('done'), found.status)}${await warnings(found)}
${health(view, found.status)}
${actionBar(view, found)}
${settings(view, found)}`;
    return showEndpointPage(c, { status: found.status, tab: 'overview', content });
  });
}

function health(view: View, status: ListedStatus): Html {
  return html`<section aria-labelledby="health-heading"><h2 id="health-heading">Health</h2>
${liveRegion(view, {
  id: 'health',
  path: endpointPath(status.id),
  everySeconds: HEALTH_POLLS * view.pollSeconds,
  content: healthPanel(view, status),
})}</section>`;
}

function settings(view: View, { row, status }: EndpointWithStatus): Html {
  if (row === undefined || !('valid' in row)) return html``;
  return html`<section aria-labelledby="settings-heading"><div class="head"><h2 id="settings-heading">Settings</h2>${
    view.isReadOnly ? '' : html`<a class="button" href="${endpointPath(status.id)}/edit">Edit</a>`
  }</div>
${settingList(row.valid)}</section>`;
}

/** Settings that are valid but probably not intended. */
async function warnings({ row }: EndpointWithStatus): Promise<Html> {
  if (row === undefined || !('valid' in row)) return html``;
  const found = await endpointWarnings(row.valid);
  return html`${found.map((text) => html`<p class="notice warn">${untrusted(sentence(text))}</p>`)}`;
}
