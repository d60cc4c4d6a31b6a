/** An endpoint that does not get its updates, as a sentence with a link. */
import { html } from 'hono/html';
import type { StoppedState } from '../../operator/status/stopped-state.ts';
import type { Html } from '../console-env.ts';
import { endpointPath } from '../endpoints/endpoint-path.ts';
import { stateBadge } from '../layout/state-badge.ts';
import { untrusted } from '../layout/untrusted.ts';

export function stoppedEndpoint(id: string, state: StoppedState): Html {
  return html`${stateBadge(state)} <a href="${endpointPath(id)}">${untrusted(id)}</a> ${TEXTS[state]}.`;
}

const TEXTS: Readonly<Record<StoppedState, string>> = {
  failing: 'does not answer; its updates wait, and the relay tries it again',
  refusing: 'refuses its updates; they are tried again, and then dead',
  disabled: 'is disabled; its updates are cancelled',
  invalid: 'has invalid settings; its updates wait until they are fixed',
};
