/** The beginning of every page of an endpoint: its name, its state, and links to its other pages. */
import { html } from 'hono/html';
import type { ListedStatus } from '../../operator/status/endpoint-list.ts';
import type { ConsoleContext, Html } from '../console-env.ts';
import { showPage } from '../layout/page.ts';
import { stateBadge } from '../layout/state-badge.ts';
import { codeText, untrusted } from '../layout/untrusted.ts';
import { ENDPOINTS_PATH, endpointPath } from './endpoint-path.ts';

type EndpointTab = 'overview' | 'deliveries' | 'missed' | 'expressions' | 'edit';

export interface EndpointPageParts {
  readonly status: Pick<ListedStatus, 'id' | 'state' | 'description'>;
  readonly tab: EndpointTab;
  readonly content: Html;
}

export function showEndpointPage(c: ConsoleContext, { status, tab, content }: EndpointPageParts) {
  const { id, state, description } = status;
  const { isReadOnly } = c.var.view;
  const path = endpointPath(id);
  const tabs = TABS.filter(({ name }) => {
    if (name !== 'edit' && name !== 'expressions') return true;
    return !isReadOnly && state !== 'removed' && (name === 'edit' || state !== 'invalid');
  });
  const frame = html`<p class="trail"><a href="${ENDPOINTS_PATH}">Endpoints</a></p>
<div class="head"><h1>Endpoint ${codeText(id)} ${stateBadge(state)}</h1></div>
${description === undefined ? '' : html`<p class="quiet description">${untrusted(description)}</p>`}
<nav class="tabs" aria-label="Pages of the endpoint"><ul>${tabs.map(
    ({ name, label, suffix }) =>
      html`<li><a href="${path}${suffix}"${name === tab ? html` aria-current="page"` : ''}>${label}</a></li>`,
  )}</ul></nav>
${content}`;
  return showPage(c, { title: `Endpoint ${id}`, path: ENDPOINTS_PATH, content: frame });
}

const TABS: readonly { readonly name: EndpointTab; readonly label: string; readonly suffix: string }[] = [
  { name: 'overview', label: 'Overview', suffix: '' },
  { name: 'deliveries', label: 'Deliveries', suffix: '/deliveries' },
  { name: 'missed', label: 'Missed orders', suffix: '/missed' },
  { name: 'expressions', label: 'Filter and transform', suffix: '/expressions' },
  { name: 'edit', label: 'Edit', suffix: '/edit' },
];
