/** A text with a button that copies it. */
import { html } from 'hono/html';
import type { Html } from '../console-env.ts';

export function copyableText(text: string, label: string): Html {
  return html`<p class="copy"><code>${text}</code> <button type="button" data-copy="${text}">${label}</button></p>`;
}
