/** Endpoints: the list, and the pages of each. */
import { html } from 'hono/html';
import { listEndpointStatuses } from '../../operator/status/endpoint-list.ts';
import type { Page } from '../console-env.ts';
import { liveRegion } from '../layout/live-region.ts';
import { showPage } from '../layout/page.ts';
import { untrusted } from '../layout/untrusted.ts';
import { sharedReads } from '../live/shared-reads.ts';
import { mountEndpointActions } from './endpoint-actions.ts';
import { mountEndpoint } from './endpoint-page.ts';
import { ADD_ENDPOINT_PATH, ENDPOINTS_PATH } from './endpoint-path.ts';
import { endpointTable } from './endpoint-table.ts';
import { mountExpressions } from './expressions/expression-pages.ts';
import { mountForms } from './form/form-pages.ts';
import { mountHistory } from './history-page.ts';
import { mountMissed } from './missed-page.ts';

/** Counting costs reads for each endpoint. */
const LIST_POLLS = 3;

export const endpointsPage: Page = {
  path: ENDPOINTS_PATH,
  label: 'Endpoints',
  mount(app, context) {
    const { connection } = context;
    const statuses = sharedReads(() => listEndpointStatuses(connection));
    app.get(ENDPOINTS_PATH, async (c) => {
      const { view } = c.var;
      const table = endpointTable(view, await statuses());
      if (c.req.header('hx-request') === 'true') return c.html(table);
      const { removed } = c.req.query();
      const add = view.isReadOnly
        ? ''
        : html`<a class="button primary" href="${ADD_ENDPOINT_PATH}">Add an endpoint</a>`;
      const content = html`<div class="head"><h1>Endpoints</h1>${add}</div>
${
  removed === undefined
    ? ''
    : html`<p class="notice good" role="status">The endpoint ${untrusted(removed)} is removed. The relay stops sending to it within 10 s, and cancels its pending deliveries.</p>`
}
${liveRegion(view, {
  id: 'endpoint-list',
  path: ENDPOINTS_PATH,
  everySeconds: LIST_POLLS * view.pollSeconds,
  content: table,
})}`;
      return showPage(c, { title: 'Endpoints', path: ENDPOINTS_PATH, content });
    });
    mountEndpoint(app, context);
    mountEndpointActions(app, context);
    mountExpressions(app, context);
    mountForms(app, context);
    mountHistory(app, context);
    mountMissed(app, context);
  },
};
