/** An error in the place of a page or of a live part: what happened, and what to do next. */
import { html } from 'hono/html';
import type { Html } from '../console-env.ts';
import { untrusted } from './untrusted.ts';

export interface ErrorParts {
  readonly heading: string;
  readonly message: string;
  readonly hint: Html | string;
}

export function errorState({ heading, message, hint }: ErrorParts): Html {
  return html`<div class="error" role="alert"><h1>${heading}</h1><p>${untrusted(message)}</p><p class="quiet">${hint}</p></div>`;
}
