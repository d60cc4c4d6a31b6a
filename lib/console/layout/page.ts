/** A page with its header and navigation; or its content alone, when htmx asks for it. */
import { html } from 'hono/html';
import type { ConsoleContext, Html, View } from '../console-env.ts';
import { formTokenField } from './action-form.ts';
import { document } from './document.ts';

export interface PageParts {
  readonly title: string;
  /** The path of the page's entry in the navigation. */
  readonly path?: string;
  readonly content: Html;
}

export async function showPage(c: ConsoleContext, { title, path, content }: PageParts): Promise<Response> {
  const { view } = c.var;
  if (c.req.header('hx-request') === 'true') return c.html(content);
  const body = html`<a class="skip" href="#main">Skip to the content</a>
<header class="top">
  <div class="bar">
    <p class="brand"><a href="/">Relay</a> <span class="quiet relay-title">${view.relayTitle}</span></p>
    <nav aria-label="Pages"><ul>${view.nav.map((entry) => navItem(entry, path))}</ul></nav>
    ${view.isReadOnly ? html`<span class="badge neutral">read-only</span>` : ''}
    ${view.canSignOut ? signOut(view) : ''}
  </div>
</header>
<p class="notice bad offline" id="offline" role="status" hidden>The console does not answer. This page shows its last state; it goes on as soon as the console is back.</p>
<main id="main" tabindex="-1">${content}</main>`;
  return c.html(document({ title, body, view }));
}

function navItem({ path, label }: View['nav'][number], current: string | undefined): Html {
  return html`<li><a href="${path}"${path === current ? html` aria-current="page"` : ''}>${label}</a></li>`;
}

function signOut(view: View): Html {
  return html`<form method="post" action="/sign-out">${formTokenField(view)}<button class="link">Sign out</button></form>`;
}
