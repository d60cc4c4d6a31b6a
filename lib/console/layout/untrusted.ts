/** Text that others wrote: ids, answers, headers, reasons. */
import { html } from 'hono/html';
import { printableText } from '../../relay/model/printable.ts';
import type { Html } from '../console-env.ts';

/** Control characters become codes, and the text cannot change the direction of the text around it. */
export function untrusted(text: string): Html {
  return html`<bdi>${printableText(text)}</bdi>`;
}

/** The same as an id, in the font of code. It breaks anywhere rather than widen the page. */
export function codeText(text: string): Html {
  return html`<code class="id">${printableText(text)}</code>`;
}
