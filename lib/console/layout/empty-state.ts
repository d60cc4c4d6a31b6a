/** The content of an empty list: says that it is empty, and the next step. */
import { html } from 'hono/html';
import type { Html } from '../console-env.ts';

export function emptyState(heading: string, next: Html | string): Html {
  return html`<div class="empty"><p class="heading">${heading}</p><p class="quiet">${next}</p></div>`;
}
