import { html } from 'hono/html';
import type { Html, View } from '../console-env.ts';

/** A command of the CLI that works on this relay when it is pasted. */
export function relayCommand({ relayOption }: View, command: string): Html {
  return html`<code>${['npm run relay --', command, relayOption].filter(Boolean).join(' ')}</code>`;
}
