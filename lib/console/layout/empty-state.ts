/** What a list shows when it is empty: that it is, and what to do next. */
import { html } from 'hono/html';
import type { Html } from '../console-env.ts';

export function emptyState(heading: string, next: Html | string): Html {
  return html`<div class="empty"><p class="heading">${heading}</p><p class="quiet">${next}</p></div>`;
}
