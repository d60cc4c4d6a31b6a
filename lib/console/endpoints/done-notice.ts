/** Reports the result of an action after a redirect, so that reloading the page repeats nothing. */
import { html } from 'hono/html';
import { z } from 'zod';
import { STATE_COMMANDS } from '../../operator/endpoints/endpoints.ts';
import type { Html } from '../console-env.ts';
import { endpointPath } from './endpoint-path.ts';

const doneSchema = z.enum([...STATE_COMMANDS, 'added', 'saved']);
type Done = z.output<typeof doneSchema>;

export function doneNotice(done: string | undefined, { id }: { readonly id: string }): Html {
  const known = doneSchema.safeParse(done).data;
  return known === undefined ? html`` : html`<p class="notice good" role="status">${text(known, id)}</p>`;
}

function text(done: Done, id: string): Html {
  const missed = html`<a href="${endpointPath(id)}/missed">See which orders it missed</a>`;
  switch (done) {
    case 'pause':
      return html`It is paused. Its deliveries wait until you resume it. The change takes effect within 10 s.`;
    case 'resume':
      return html`It is enabled. The relay sends the deliveries that waited within a minute, the oldest first.`;
    case 'disable':
      return html`It is disabled. The relay cancels its pending deliveries within two minutes.`;
    case 'enable':
      return html`It is enabled, and its failures are cleared. The relay sends its pending deliveries within a minute. Cancelled ones stay cancelled. ${missed}`;
    case 'added':
      return html`It is added, and receives the updates from now on. Send a test to see whether it answers.`;
    case 'saved':
      return html`The settings are saved. They take effect within 10 s.`;
  }
}
