/** The link to the next page of a list that is read by cursor. */
import { html } from 'hono/html';
import type { Html } from '../console-env.ts';

export interface PagerParts {
  readonly path: string;
  /** The query of the list without its page. */
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** The `next` of the page; undefined on the last one. */
  readonly next?: string | undefined;
  /** The `before` of this page; undefined on the first one. */
  readonly before?: string | undefined;
}

export function pager({ path, query = {}, next, before }: PagerParts): Html {
  if (next === undefined && before === undefined) return html``;
  return html`<nav class="pager" aria-label="Pages of the list">
${before === undefined ? '' : html`<a href="${link(path, query)}">First page</a>`}
${next === undefined ? html`<span class="quiet">No more entries</span>` : html`<a href="${link(path, { ...query, before: next })}" rel="next">Next page</a>`}
</nav>`;
}

function link(path: string, query: PagerParts['query'] = {}): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const text = new URLSearchParams(given).toString();
  return text === '' ? path : `${path}?${text}`;
}
