/** The actions of an endpoint. Each is shown when it would change something. */
import { html } from 'hono/html';
import type { StateCommand } from '../../operator/endpoints/endpoints.ts';
import type { EndpointWithStatus } from '../../operator/status/endpoint-list.ts';
import type { Html, View } from '../console-env.ts';
import { actionForm } from '../layout/action-form.ts';
import { endpointPath } from './endpoint-path.ts';
import { rotateForm } from './rotate-secret.ts';

export function actionBar(view: View, { row, status }: EndpointWithStatus): Html {
  if (view.isReadOnly || row === undefined) return html``;
  const path = endpointPath(status.id);
  const valid = 'valid' in row ? row.valid : undefined;
  const isDisabled = status.state === 'disabled';
  return html`<section aria-labelledby="actions-heading"><h2 id="actions-heading">Actions</h2>
<div class="actions">${
    valid === undefined || isDisabled
      ? ''
      : actionForm(view, {
          action: `${path}/test`,
          label: 'Send a test',
          busyLabel: 'Testing…',
          kind: 'primary',
        })
  }${valid === undefined ? '' : commands(status, valid.state).map((command) => stateForm(view, command, status.id))}
${actionForm(view, {
  action: `${path}/remove`,
  label: 'Remove…',
  kind: 'danger',
  confirm: `Remove the endpoint ${status.id}? Its settings and secrets are lost, and its pending deliveries are cancelled.`,
})}</div>
${valid?.signingSecret === undefined ? '' : rotateForm(view, status.id)}</section>`;
}

function commands({ state, health }: EndpointWithStatus['status'], setting: string): StateCommand[] {
  const isUnwell = state === 'failing' || state === 'refusing' || state === 'disabled';
  const hasFailures = isUnwell || (health?.consecutiveFailures ?? 0) > 0;
  return [
    ...(setting === 'enabled' && state !== 'disabled' ? (['pause'] as const) : []),
    ...(setting === 'paused' ? (['resume'] as const) : []),
    ...(setting !== 'paused' && hasFailures ? (['enable'] as const) : []),
    ...(setting === 'disabled' ? [] : (['disable'] as const)),
  ];
}

function stateForm(view: View, command: StateCommand, id: string): Html {
  return actionForm(view, {
    action: `${endpointPath(id)}/state`,
    label: LABELS[command],
    ...(command === 'disable' && {
      kind: 'danger' as const,
      confirm: `Disable the endpoint ${id}? The relay sends nothing to it and cancels its deliveries, also those that wait now.`,
    }),
    fields: html`<input type="hidden" name="command" value="${command}" />`,
  });
}

const LABELS: Readonly<Record<StateCommand, string>> = {
  pause: 'Pause',
  resume: 'Resume',
  disable: 'Disable…',
  enable: 'Enable and clear failures',
};
